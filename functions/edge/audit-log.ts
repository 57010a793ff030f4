import { monotonicFactory } from 'ulid';
import { logOrigin } from '../domain/audit/checkpoint.ts';
import { openLogObjects } from '../store/log-objects.ts';
import { openLogSigner } from '../store/log-signer.ts';
import type { AuditStore } from '../store/store.ts';
import type { AuditLog } from '../usecases/sequence-audit.ts';
import { environment, requireVariable } from './env.ts';
import { countMetric, describeDefect, log } from './observe.ts';
import { loadPolicy } from './policy.ts';
import { documentClient } from './region.ts';

const now = () => new Date();

/** The audit table for the audit's own functions, which have none of the region's keys. */
export function openAuditStore(): AuditStore {
  const newId = monotonicFactory();
  return {
    client: documentClient(),
    auditTable: requireVariable('AUDIT_TABLE'),
    now,
    newId: () => newId(),
    writer: { id: newId(), sequence: 0 },
  };
}

/** The objects of the region's log. */
export function openObjects() {
  return openLogObjects(requireVariable('AUDIT_BUCKET'), now, environment().AUDIT_LOCKED);
}

/** The region's log, to add entries to. */
export function openAuditLog(): AuditLog {
  const policy = loadPolicy();
  const { POST_QUANTUM_LOG_KEY: second } = environment();
  return {
    origin: logOrigin(policy),
    store: openAuditStore(),
    objects: openObjects(),
    signer: openLogSigner(requireVariable('LOG_KEY'), 'ECDSA_SHA_256'),
    ...(second !== undefined && { postQuantumSigner: openLogSigner(second, 'ML_DSA_SHAKE_256') }),
    onLineMissing(error) {
      log('error', 'audit-line-missing', { defect: describeDefect(error) });
      countMetric('AuditLineMissing', { region: policy.region });
    },
  };
}
