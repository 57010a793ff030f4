import { openAuditStore, openObjects } from '../edge/audit-log.ts';
import { log } from '../edge/observe.ts';
import type { LogObjects } from '../store/log-objects.ts';
import type { AuditStore } from '../store/store.ts';
import { recordHeartbeat, sweepSecondSink } from '../usecases/sweep-audit.ts';

let parts: { readonly store: AuditStore; readonly objects: LogObjects } | undefined;

/** Each minute: a sign of life for the log, and what the second sink took in the table's place goes into the table. */
export async function handler(): Promise<void> {
  parts ??= { store: openAuditStore(), objects: openObjects() };
  await recordHeartbeat(parts.store);
  const count = await sweepSecondSink(parts.store, parts.objects);
  log('info', 'audit-swept', { count });
}
