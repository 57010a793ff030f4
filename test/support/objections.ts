import {
  type Objection,
  type ObjectionStatement,
  type Reversal,
  standingAt,
} from '../../functions/domain/access/objection.ts';
import { instant, type Store } from '../../functions/store/store.ts';

const said = (store: Pick<Store, 'newId' | 'now'>) => ({
  id: store.newId(),
  recordedAt: instant(store),
  recordedBy: { subject: 'user-1', name: 'Ada Quay', organisation: 'T9A', role: 'clinician' },
  onBehalfOf: 'T9A',
  askedBy: 'patient' as const,
});

/** An objection to the sharing of the whole record for direct care, unless told otherwise. */
export function makeObjection(store: Pick<Store, 'newId' | 'now'>, made: Partial<Objection> = {}): Objection {
  return { ...said(store), says: 'objection', kind: 'direct-care', scope: {}, ...made };
}

/** The reversal of the objection that stands longest; undefined where none does. */
export function makeReversal(
  store: Pick<Store, 'newId' | 'now'>,
  statements: readonly ObjectionStatement[],
): Reversal | undefined {
  const [first] = standingAt(statements, instant(store));
  return (
    first && {
      ...said(store),
      says: 'reversal',
      kind: first.kind,
      scope: first.scope,
      reverses: first.id,
    }
  );
}

/** The Consent of an objection (`deny`) or a reversal (`permit`) about the person; `more` is laid over it. */
export function makeConsent(personId: string, type: 'deny' | 'permit' = 'deny', more: object = {}) {
  return {
    resourceType: 'Consent',
    status: 'active',
    patient: { reference: `Patient/${personId}` },
    provision: { type },
    ...more,
  };
}
