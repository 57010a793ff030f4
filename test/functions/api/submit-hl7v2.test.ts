import type {
  Bundle,
  DiagnosticReport,
  DocumentReference,
  Encounter,
  Observation,
  Patient,
} from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { testNhsNumber } from '../../support/people.ts';
import { type MadeHeader, message, msh, pid, segment } from '../formats/hl7v2/support.ts';

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

const feed = { role: 'feed', purpose: 'feed' } as const;
const headers = { 'Content-Type': 'application/hl7-v2' };

async function send(body: string | Buffer, caller: object = feed) {
  const { text, status } = await region.call('submit-hl7v2', {
    caller: { ...feed, ...caller },
    headers,
    body,
  });
  expect(status).toBe(200);
  const [, msa = [], err = []] = text.split('\r').map((line) => line.split('|'));
  return { text, code: msa[1], controlId: msa[2], said: msa[3] ?? '', errors: err[1] ?? '' };
}

let messages = 0;
/** A header whose control id nobody has used. */
const next = (made: MadeHeader = {}) => {
  messages += 1;
  return msh({ controlId: `T${messages}`, ...made });
};
const at = (minute: number) => `2026112010${String(minute).padStart(2, '0')}00`;

/** The items of a source record, by whose local id nobody else's are found. */
async function itemsOf(type: string, isWanted: (item: never) => boolean = () => true) {
  const items = (await region.recordItems()).filter((item) => item.type === type) as never[];
  return items.filter(isWanted);
}
async function patientOf(localId: string): Promise<Patient & { personId?: string; quarantine?: string }> {
  const isOf = (item: { patient?: Patient }) => item.patient?.id === localId;
  const [record] = (await itemsOf('SourceRecord', isOf as never)) as {
    patient: Patient;
    personId?: string;
    quarantine?: string;
  }[];
  if (!record) throw new Error(`${localId} is not held`);
  const { patient, personId, quarantine } = record;
  return { ...patient, ...(personId && { personId }), ...(quarantine && { quarantine }) };
}
async function entriesOf<Type>(section: string, localId: string): Promise<Type[]> {
  const { personId = '' } = await patientOf(localId);
  const { body } = await region.call<Bundle>('read-section', { path: { id: personId, code: section } });
  return (body.entry ?? []).flatMap(({ resource }) =>
    resource && resource.resourceType !== 'OperationOutcome' ? [resource as Type] : [],
  );
}

describe('a stay', () => {
  const number = testNhsNumber(1201);
  const who = (status = 'NSTS01') =>
    pid({ localId: 'S1', nhsNumber: number, status, fields: { 5: 'Staithe^Una' } });
  const visit = (fields: Record<number, string> = {}) => segment('PV1', { 2: 'I', 19: 'V1', ...fields });
  const current = async () => (await entriesOf<Encounter>('appointments', 'S1'))[0];

  it('begins, moves, ends, and comes back, under one visit number', async () => {
    const begun = await send(
      message(
        next({ event: 'ADT^A01', sentAt: at(0) }),
        who(),
        visit({ 3: 'HERON^BAY 1', 44: '202611200955' }),
      ),
    );
    expect([begun.code, begun.said]).toEqual(['AA', 'Patient person-created; Encounter stored']);
    expect(await current()).toMatchObject({
      status: 'in-progress',
      period: { start: '2026-11-20T09:55:00+00:00' },
    });

    await send(message(next({ event: 'ADT^A02', sentAt: at(1) }), who(), visit({ 3: 'GREBE^BAY 2' })));
    expect(await current()).toMatchObject({
      status: 'in-progress',
      location: [{ location: { display: 'GREBE, BAY 2' } }],
      // A blank admission time leaves the one that is known.
      period: { start: '2026-11-20T09:55:00+00:00' },
    });
    await send(message(next({ event: 'ADT^A12', sentAt: at(2) }), who(), visit({ 3: 'HERON^BAY 1' })));
    expect((await current())?.location?.[0]?.location.display).toBe('HERON, BAY 1');

    await send(
      message(next({ event: 'ADT^A03', sentAt: at(3) }), who(), visit({ 36: '19', 45: '202611201002' })),
    );
    expect(await current()).toMatchObject({
      status: 'finished',
      period: { end: '2026-11-20T10:02:00+00:00' },
    });
    await send(message(next({ event: 'ADT^A13', sentAt: at(4) }), who(), visit({ 45: '202611201002' })));
    expect(await current()).toMatchObject({ status: 'in-progress' });
    expect((await current())?.period).toEqual({ start: '2026-11-20T09:55:00+00:00' });

    await send(message(next({ event: 'ADT^A08', sentAt: at(5) }), who(), visit()));
    expect((await current())?.status).toBe('in-progress');
    await send(message(next({ event: 'ADT^A11', sentAt: at(6) }), who(), visit()));
    expect(await current()).toMatchObject({ status: 'cancelled', location: [{}], class: { code: 'IMP' } });
  });

  it('is not changed by an older message, and not by one that comes again', async () => {
    const before = await current();
    const older = await send(
      message(next({ event: 'ADT^A02', sentAt: at(1) }), who(), visit({ 3: 'EGRET' })),
    );
    expect([older.code, older.said]).toEqual(['AA', 'Patient stale; Encounter stale']);
    const again = message(
      msh({ event: 'ADT^A03', controlId: 'AGAIN', sentAt: at(7) }),
      who(),
      visit({ 45: at(6) }),
    );
    const [first, second] = [await send(again), await send(again)];
    expect(first.said).toBe('Patient person-updated; Encounter stored');
    expect(second.said).toBe(first.said);
    expect(await current()).toMatchObject({ status: 'finished' });
    expect(before?.status).toBe('cancelled');
    // The same facts under another control id change nothing either.
    const renamed = await send(again.replace('AGAIN', 'AGAIN-2'));
    expect(renamed.said).toBe('Patient unchanged; Encounter unchanged');
    const other = await send(message(msh({ event: 'ADT^A28', controlId: 'AGAIN' }), who()));
    expect([other.code, other.errors]).toEqual(['AE', 'MSH^1^10^205&Duplicate key identifier&HL70357']);
  });
});

describe('who somebody is', () => {
  const linked = [
    ['NSTS01 in PID-32', (n: string) => pid({ localId: 'W1', nhsNumber: n, status: 'NSTS01' })],
    ['a bare 01 in PID-32', (n: string) => pid({ localId: 'W2', nhsNumber: n, status: '01' })],
    [
      'NH{status:01} in PID-3.5',
      (n: string) => pid({ localId: 'W3', fields: { 3: `W3^^^T9A^MR~${n}^^^NHS^NH{status:01}` } }),
    ],
    [
      'no identifier type',
      (n: string) => pid({ localId: 'W4', status: '01', fields: { 3: `W4^^^T9A^MR~${n}^^^NHS` } }),
    ],
  ] as const;
  it.each(linked)('is known by %s', async (name, write) => {
    const index = linked.findIndex(([one]) => one === name);
    expect((await send(message(next(), write(testNhsNumber(1210 + index))))).said).toMatch(
      /^Patient person-/,
    );
    expect((await patientOf(`W${index + 1}`)).quarantine).toBeUndefined();
  });

  it.each(['NSTS02', '03', '', 'NSTS09'])('is a claim with status %j', async (status) => {
    const localId = `Q${status || 'none'}`;
    const answer = await send(message(next(), pid({ localId, nhsNumber: testNhsNumber(1220), status })));
    expect([answer.code, answer.said]).toEqual(['AA', 'Patient quarantined (nhs-number-not-verified)']);
    expect((await patientOf(localId)).quarantine).toBe('nhs-number-not-verified');
  });

  it('keeps what a message leaves blank, and loses what it sends as ""', async () => {
    const number = testNhsNumber(1230);
    const full = {
      5: 'Winch^Alma^Joy^^Ms',
      7: '19700203',
      8: '2',
      11: '1 Sluice Lane^^London^^E2 8AA^^H',
      13: '020 7946 0011^PRN^PH',
      14: '020 7946 0012^WPN^PH',
      30: 'N',
    };
    const who = { localId: 'B1', nhsNumber: number };
    await send(
      message(
        next({ sentAt: at(0) }),
        pid({ ...who, status: '01', fields: full }),
        'PD1|||Lock^^Y90001|G9999981^Weir||||||||Y',
      ),
    );
    const before = await patientOf('B1');
    const blank = { 5: '', 7: '', 8: '', 11: '', 30: '' };
    await send(message(next({ event: 'ADT^A31', sentAt: at(1) }), pid({ ...who, fields: blank })));
    const { meta: _, ...kept } = await patientOf('B1');
    const { meta: __, ...held } = before;
    expect(kept).toEqual(held);
    expect((await patientOf('B1')).meta?.security).toEqual(before.meta?.security);

    const gone = { 5: 'Winch^Alma', 7: '""', 8: '""', 11: '""', 13: '""', 30: '""' };
    await send(
      message(
        next({ event: 'ADT^A31', sentAt: at(2) }),
        pid({ ...who, fields: gone }),
        'PD1|||""|""||||||||""',
      ),
    );
    const left = await patientOf('B1');
    expect(left.telecom).toEqual([{ system: 'phone', value: '020 7946 0012', use: 'work' }]);
    for (const element of [
      'birthDate',
      'gender',
      'address',
      'deceasedBoolean',
      'generalPractitioner',
    ] as const)
      expect(left[element]).toBeUndefined();
    expect(left.meta?.security).toBeUndefined();
    expect(left.identifier?.[0]).toMatchObject({ value: number, extension: [{}] });
  });

  it('keeps what each of several messages at the same moment says', async () => {
    const address = (n: number) => ({
      localId: 'CC1',
      fields: {
        5: 'Weir^Con',
        11: n === 0 ? '^^^^N1 9GU' : '',
        13: n === 1 ? '020 7946 0031' : '',
        14: n === 2 ? '020 7946 0032' : '',
      },
    });
    await send(message(next({ sentAt: at(0) }), pid({ localId: 'CC1', fields: { 5: 'Weir^Con', 11: '' } })));
    await Promise.all(
      [0, 1, 2].map((n) => send(message(next({ event: 'ADT^A31', sentAt: at(1) }), pid(address(n))))),
    );
    const { address: home, telecom } = await patientOf('CC1');
    expect(home?.[0]?.postalCode).toBe('N1 9GU');
    expect(telecom?.map(({ value }) => value)).toEqual(['020 7946 0031', '020 7946 0032']);
  });

  it('is written in the character set that MSH-18 names', async () => {
    const name = { fields: { 5: 'Müller^Zoë' } };
    const western = message(next({ characterSet: '8859/1' }), pid({ localId: 'C1', ...name }));
    expect((await send(Buffer.from(western, 'latin1'))).code).toBe('AA');
    expect((await patientOf('C1')).name?.[0]).toMatchObject({ family: 'Müller', given: ['Zoë'] });
    const utf8 = message(next({ characterSet: 'UNICODE UTF-8' }), pid({ localId: 'C2', ...name }));
    expect((await send(Buffer.from(utf8))).code).toBe('AA');
    expect((await patientOf('C2')).name?.[0]).toMatchObject({ family: 'Müller' });
  });
});

describe('results', () => {
  const who = pid({
    localId: 'R1',
    nhsNumber: testNhsNumber(1240),
    status: '01',
    fields: { 5: 'Sluice^Ida', 7: '19500101' },
  });
  const obr = (fields: Record<number, string> = {}) =>
    segment('OBR', { 3: 'L1', 4: 'U&E^Urea and electrolytes', 7: '20261120090000', 25: 'F', ...fields });
  const obx = (code: string, value: string, status: string) =>
    segment('OBX', { 2: 'NM', 3: `${code}^${code}`, 5: value, 6: 'mmol/L', 11: status });
  const oru = (minute: number, ...lines: string[]) =>
    message(next({ event: 'ORU^R01', sentAt: at(minute) }), who, ...lines);
  const values = async () => {
    const entries = await entriesOf<Observation | DiagnosticReport>('results', 'R1');
    return entries
      .flatMap((one) =>
        one.resourceType === 'Observation'
          ? [`${one.code.text} ${one.valueQuantity?.value} ${one.status}`]
          : [],
      )
      .toSorted();
  };

  it('are corrected and taken back by what comes later under the same order, code and sub-id', async () => {
    const first = await send(
      oru(0, obr({ 25: 'P' }), obx('NA', '141', 'P'), obx('K', '4.1', 'F'), obx('CL', '99', 'F')),
    );
    expect(first.said).toBe('Patient person-created; DiagnosticReport stored; Observation stored x3');
    expect(await values()).toEqual(['CL 99 final', 'K 4.1 final', 'NA 141 preliminary']);
    await send(oru(1, obr({ 25: 'C' }), obx('NA', '140', 'F'), obx('K', '5.1', 'C'), obx('CL', '99', 'W')));
    expect(await values()).toEqual(['K 5.1 corrected', 'NA 140 final']);
    const late = await send(oru(0, obr(), obx('NA', '120', 'F')));
    expect(late.said).toBe('Patient stale; DiagnosticReport stale; Observation stale');
    await send(oru(2, obr({ 25: 'C' }), obx('K', '5.1', 'D')));
    expect(await values()).toEqual(['NA 140 final']);
    // The report still has the result that was not sent again; those that were taken back are not shown in it.
    const [report] = (await entriesOf<DiagnosticReport>('results', 'R1')).filter(
      ({ resourceType }) => resourceType === 'DiagnosticReport',
    );
    expect(report).toMatchObject({ status: 'corrected', result: [{}] });
  });
});

describe('documents', () => {
  const who = pid({
    localId: 'D1',
    nhsNumber: testNhsNumber(1250),
    status: '01',
    fields: { 5: 'Fender^Kay', 7: '19600606' },
  });
  const txa = (fields: Record<number, string>) =>
    segment('TXA', { 2: 'DS^Discharge summary', 17: 'AU', ...fields });
  const text = (words: string) => segment('OBX', { 2: 'TX', 3: 'DS', 5: words, 11: 'F' });
  const current = async () =>
    (await entriesOf<DocumentReference>('documents', 'D1')).map(({ content, status }) => {
      const { data, url } = content[0]?.attachment ?? {};
      return [status, data ? Buffer.from(data, 'base64').toString() : (url?.split('/')[0] ?? '')];
    });

  it('are edited under their number (T08) and replaced by another (T10)', async () => {
    const mdm = (event: string, minute: number, ...rest: string[]) =>
      message(next({ event: `MDM^${event}`, sentAt: at(minute) }), who, ...rest);
    await send(mdm('T02', 0, txa({ 4: at(0), 12: 'DOC1' }), text('first'), text('draft')));
    expect(await current()).toEqual([['current', 'first\ndraft']]);
    await send(mdm('T08', 1, txa({ 4: at(1), 12: 'DOC1' }), text('edited')));
    expect(await current()).toEqual([['current', 'edited']]);
    const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(20_000, 'x')]).toString('base64');
    const file = segment('OBX', { 2: 'ED', 3: 'DS', 5: `^application^PDF^Base64^${pdf}`, 11: 'F' });
    await send(mdm('T08', 2, txa({ 4: at(2), 12: 'DOC1' }), file));
    expect(await current()).toEqual([['current', 'Binary']]);
    const replaced = await send(mdm('T10', 3, txa({ 4: at(3), 12: 'DOC2', 13: 'DOC1' }), text('another')));
    expect(replaced.said).toBe('Patient person-updated; DocumentReference stored x2');
    expect(await current()).toEqual([
      ['current', 'another'],
      ['superseded', 'Binary'],
    ]);
    const unknown = await send(mdm('T10', 4, txa({ 4: at(4), 12: 'DOC9', 13: 'DOC8' }), text('new')));
    expect(unknown.said).toBe(
      'Patient person-updated; DocumentReference stored; DocumentReference not-stored',
    );
  });
});

describe('an organisation that merges its own records (A34, A40)', () => {
  const merge = (into: string, from: string, event = 'ADT^A40') =>
    message(next({ event }), segment('PID', { 3: into, 5: 'Any^One' }), segment('MRG', { 1: from }));
  const add = (localId: string, made: Parameters<typeof pid>[0], caller = {}) =>
    send(
      message(
        next({ facility: 'organisation' in caller ? String(caller.organisation) : 'T9A' }),
        pid({ localId, ...made }),
      ),
      caller,
    );

  it('brings both under one person, and the ledger names the message', async () => {
    await add('M1', {
      nhsNumber: testNhsNumber(1260),
      status: '01',
      fields: { 5: 'Gauge^Tam', 7: '19710101' },
    });
    await add('M2', { fields: { 5: 'Unknown^Male', 7: '19010101', 11: '' } });
    const text = merge('M1^^^T9A^MR', 'M2^^^T9A^MR');
    const answer = await send(text);
    expect([answer.code, answer.said]).toEqual(['AA', 'Patient merged']);
    const { personId } = await patientOf('M1');
    expect((await patientOf('M2')).personId).toBe(personId);
    const events = await itemsOf(
      'IdentityEvent',
      ((one: { event: string; messageId?: string }) => one.messageId) as never,
    );
    const inOrder = (events as { event: string }[]).toSorted((a, b) => (a.event < b.event ? -1 : 1));
    const by = { messageId: answer.controlId, decidedBy: { organisation: 'T9A' } };
    expect(inOrder).toMatchObject([
      { event: 'merged-from', ...by },
      { event: 'merged-into', ...by },
    ]);
    expect((await send(text)).said).toBe('Patient unchanged');
    expect((await send(merge('M1', 'M2', 'ADT^A34'))).said).toBe('Patient unchanged');
  });

  it('never moves the records of others, whichever side they are on', async () => {
    const number = testNhsNumber(1262);
    const known = { nhsNumber: number, status: '01', fields: { 5: 'Quay^Bea', 7: '19820202' } };
    await add('M3', known);
    await add('X3', known, { organisation: 'T9B' });
    await add('M4', { fields: { 5: 'Unknown^Female', 7: '19010102', 11: '' } });
    const { personId } = await patientOf('M3');
    // The record that is merged away is the one with somebody else's beside it: the other person goes into it.
    expect((await send(merge('M4', 'M3'))).code).toBe('AA');
    expect((await patientOf('M4')).personId).toBe(personId);

    await add('M5', { fields: { 5: 'Cope^Lil', 7: '19530303' } });
    await add('X5', { fields: { 5: 'Cope^Lil', 7: '19530303' } }, { organisation: 'T9B' });
    const refused = await send(merge('M3', 'M5'));
    expect([refused.code, refused.errors]).toEqual(['AE', 'MRG^1^1^207&Application internal error&HL70357']);
    const tasks = await itemsOf(
      'ReviewTask',
      ((one: { reason: string }) => one.reason === 'feed-merge: others-records') as never,
    );
    expect(tasks).toHaveLength(1);
  });

  it('is told no for two people with verified numbers of their own, and a steward is asked', async () => {
    await add('M6', {
      nhsNumber: testNhsNumber(1264),
      status: '01',
      fields: { 5: 'Ebb^Ann', 7: '19640404' },
    });
    await add('M7', {
      nhsNumber: testNhsNumber(1265),
      status: '01',
      fields: { 5: 'Flow^Bob', 7: '19750505' },
    });
    const before = [(await patientOf('M6')).personId, (await patientOf('M7')).personId];
    const refused = await send(merge('M6', 'M7'));
    expect([refused.code, refused.errors]).toEqual(['AE', 'MRG^1^1^205&Duplicate key identifier&HL70357']);
    expect([(await patientOf('M6')).personId, (await patientOf('M7')).personId]).toEqual(before);
    const { body } = await region.call<{ tasks: { reason: string }[] }>('list-review-tasks', {
      caller: { role: 'steward', purpose: 'administration' },
    });
    expect(body.tasks.filter(({ reason }) => reason === 'feed-merge: nhs-numbers-differ')).toHaveLength(1);
    // Two numbers in the message itself are no better, whatever is held.
    const said = await send(
      merge(`M1~${testNhsNumber(1260)}^^^NHS^NH`, `M2~${testNhsNumber(1269)}^^^NHS^NH`),
    );
    expect(said.errors).toBe('MRG^1^1^205&Duplicate key identifier&HL70357');
  });

  it('is told that it has never sent a patient, and another organisation’s patient is as unknown', async () => {
    expect((await send(merge('M1', 'NOBODY'))).errors).toBe('MRG^1^1^204&Unknown key identifier&HL70357');
    expect((await send(merge('NOBODY', 'M1'))).errors).toBe('PID^1^3^204&Unknown key identifier&HL70357');
    expect((await send(merge('M1', 'X3'))).errors).toBe('MRG^1^1^204&Unknown key identifier&HL70357');
  });
});

describe('an acknowledgement', () => {
  it('has the sender’s separators, changes the places of both, and answers the sender’s control id', async () => {
    const text = message(
      'MSH#*!%@#LAB#T9A#TOWPATH#REGION#20261120100000##ADT*A28*ADT_A05#SEP-1#P#2.4',
      'PID###SEP1***T9A*MR##O%S%Neil%T%Co*Ava##19800101',
    );
    const { text: answer } = await send(text);
    expect(answer.split('\r')[0]).toMatch(
      /^MSH#\*!%@#TOWPATH#REGION#LAB#T9A#\d{14}\+0000##ACK\*A28\*ACK#[0-9a-f-]{36}#P#2\.4$/,
    );
    expect(answer.split('\r')[1]).toBe('MSA#AA#SEP-1#Patient person-created');
    expect((await patientOf('SEP1')).name?.[0]?.family).toBe('O*Neil@Co');
  });

  it('is no answer to one who may not feed: that is an OperationOutcome', async () => {
    const body = message(next(), pid());
    const answer = await region.call('submit-hl7v2', { caller: { role: 'clinician' }, headers, body });
    expect([answer.status, answer.code]).toEqual([403, 'FORBIDDEN_ROLE']);
    const json = await region.call('submit-hl7v2', { caller: feed, body: '{}' });
    expect([json.status, json.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it('is audited for each person, and a refusal as a refusal', async () => {
    const count = (await region.auditEntries()).length;
    await send(message(next(), pid({ localId: 'AU1', fields: { 5: 'Audit^Una', 7: '19330303' } })));
    await send(message(next({ event: 'ADT^A99' }), pid({ localId: 'AU1' })));
    const [filed, refused] = (await region.auditEntries()).slice(count);
    expect(filed).toMatchObject({ operation: 'submit-hl7v2', action: 'C', outcome: 'success' });
    expect(filed?.personId).toBe((await patientOf('AU1')).personId);
    expect(refused).toMatchObject({ outcome: 'refused', errorCode: 'INVALID_REQUEST' });
  });
});
