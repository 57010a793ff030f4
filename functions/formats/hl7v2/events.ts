import type { VisitChange } from './visit.ts';

/** What a message of an event is about. */
export type EventKind =
  | { readonly kind: 'person' }
  | { readonly kind: 'visit'; readonly change: VisitChange }
  | { readonly kind: 'results' }
  | { readonly kind: 'document' }
  | { readonly kind: 'merge' };

/** The events that are taken, by MSH-9.1 and MSH-9.2. MSH-9.3 counts for nothing: real senders put other structures there. */
export const events: Readonly<Record<string, Readonly<Record<string, EventKind>>>> = {
  ADT: {
    A01: { kind: 'visit', change: 'begin' },
    A02: { kind: 'visit', change: 'move' },
    A03: { kind: 'visit', change: 'end' },
    A04: { kind: 'visit', change: 'begin' },
    A05: { kind: 'visit', change: 'plan' },
    A08: { kind: 'visit', change: 'unsaid' },
    A11: { kind: 'visit', change: 'cancel' },
    A12: { kind: 'visit', change: 'move' },
    A13: { kind: 'visit', change: 'undo-end' },
    A28: { kind: 'person' },
    A31: { kind: 'person' },
    A34: { kind: 'merge' },
    A40: { kind: 'merge' },
  },
  ORU: { R01: { kind: 'results' } },
  MDM: { T02: { kind: 'document' }, T08: { kind: 'document' }, T10: { kind: 'document' } },
};
