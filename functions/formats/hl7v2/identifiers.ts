import type { Identifier } from 'fhir/r4.js';
import { nhsNumberStatuses } from '../../domain/identity/nhs-number.ts';
import {
  nhsNumberSystem,
  odsCodeSystem,
  verificationStatusExtension,
  verificationStatusSystem,
} from '../fhir/identifier-systems.ts';
import { tableSystem } from './codes.ts';
import type { Field, Repetition } from './message.ts';
import { idOf } from './reading.ts';

/** The system of an organisation's own patient identifiers; whose they are is the assigner. */
const localIdentifierSystem = 'https://towpath.example/fhir/NamingSystem/local-patient-identifier';

/** Identifier types (HL7 table 0203) that name a person in an organisation, best first. */
const localTypes = ['MR', 'PI', 'PT', 'PN', 'HOSP', undefined];

/** What PID-3, PID-32 or MRG-1 say of who somebody is. */
export interface SaidIdentity {
  /** Local id of the person at the sender; undefined where the field names none. */
  readonly localId?: string;
  /** As sent: never log or repeat it. */
  readonly nhsNumber?: string;
  /** `01` to `08`. */
  readonly status?: string;
  /** The number is to be taken away (`""^^^NHS`). */
  readonly isNumberDeleted: boolean;
  readonly identifiers: readonly Identifier[];
}

/** Identifiers of an organisation's list field (PID-3, MRG-1); `reliability` is PID-32. */
export function readIdentity(list: Field, organisation: string, reliability?: Field): SaidIdentity {
  const numbers = list.repetitions.filter(isNhsNumber);
  const locals = list.repetitions.filter((one) => !isNhsNumber(one) && one(1) !== undefined);
  const number = numbers.find((one) => one(1) !== undefined);
  const nhsNumber = number?.(1);
  const status = (number && statusInType(number)) ?? statusInReliability(reliability);
  const local = [...locals].sort((a, b) => rankOf(a) - rankOf(b))[0] ?? number;
  const localId = local && localIdOf(local, organisation);
  return {
    ...(localId && { localId }),
    ...(nhsNumber && { nhsNumber }),
    ...(status && { status }),
    isNumberDeleted: nhsNumber === undefined && numbers.some(({ isDeleted }) => isDeleted),
    identifiers: [
      ...(nhsNumber ? [nhsIdentifier(nhsNumber, status)] : []),
      ...locals.map((one) => localIdentifier(one, organisation)),
    ],
  };
}

/** `…^^^NHS^NH`, `…^^^NHS` and `…^^^^NH` are NHS numbers. */
function isNhsNumber(identifier: Repetition): boolean {
  return authorityOf(identifier) === 'NHS' || /^NH(?:\{|$)/.test(identifier(5)?.toUpperCase() ?? '');
}

function authorityOf(identifier: Repetition): string | undefined {
  return identifier(4, 1)?.toUpperCase();
}

function rankOf(identifier: Repetition): number {
  const rank = localTypes.indexOf(identifier(5)?.toUpperCase());
  return rank === -1 ? localTypes.length : rank;
}

/** The organisation's own numbers stand for themselves; those of an authority of its own name carry its name. */
function localIdOf(identifier: Repetition, organisation: string): string {
  const authority = authorityOf(identifier);
  const isOwn = authority === undefined || authority === organisation || isNhsNumber(identifier);
  return isOwn ? idOf(identifier(1)) : idOf(authority, identifier(1));
}

/** `NH{status:01}` in PID-3.5, as Patients Know Best takes it. */
function statusInType(identifier: Repetition): string | undefined {
  return knownStatus(/^NH\{status: ?([^}\s]{1,8})\}$/i.exec(identifier(5) ?? '')?.[1]);
}

/** PID-32: `NSTS01` in England (table 0445), a bare `01` in Wales. */
function statusInReliability(reliability: Field | undefined): string | undefined {
  return reliability?.repetitions.map((one) => knownStatus(one(1))).find((status) => status !== undefined);
}

function knownStatus(text: string | undefined): string | undefined {
  const status = /^(?:NSTS)?(0[1-8])$/i.exec(text ?? '')?.[1];
  return status !== undefined && Object.hasOwn(nhsNumberStatuses, status) ? status : undefined;
}

function nhsIdentifier(value: string, status: string | undefined): Identifier {
  const display = nhsNumberStatuses[status as keyof typeof nhsNumberStatuses];
  return {
    ...(status && {
      extension: [
        {
          url: verificationStatusExtension,
          valueCodeableConcept: { coding: [{ system: verificationStatusSystem, code: status, display }] },
        },
      ],
    }),
    system: nhsNumberSystem,
    value,
  };
}

function localIdentifier(identifier: Repetition, organisation: string): Identifier {
  const [value, type, authority] = [identifier(1) ?? '', identifier(5), authorityOf(identifier)];
  return {
    ...(type && { type: { coding: [{ system: tableSystem('0203'), code: type }] } }),
    system: localIdentifierSystem,
    value,
    assigner: {
      identifier: { system: odsCodeSystem, value: organisation },
      ...(authority && { display: authority }),
    },
  };
}
