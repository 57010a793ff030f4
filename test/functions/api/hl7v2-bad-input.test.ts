import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMessage } from '../../../functions/formats/hl7v2/read-message.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { testNhsNumber } from '../../support/people.ts';
import { message, msh, pid, segment } from '../formats/hl7v2/support.ts';

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

const feed = { role: 'feed', purpose: 'feed' } as const;
const headers = { 'Content-Type': 'application/hl7-v2' };
const canary = { number: testNhsNumber(1301), family: 'Kanarienvogel' };
const who = (fields: Record<number, string> = {}) =>
  pid({
    localId: 'BAD1',
    nhsNumber: canary.number,
    status: '01',
    fields: { 5: `${canary.family}^Ina`, ...fields },
  });

async function send(body: string | Buffer) {
  const { status, text } = await region.call('submit-hl7v2', { caller: feed, headers, body });
  const lines = text.split('\r').map((line) => line.split('|'));
  return { status, text, code: lines[1]?.[1], said: lines[1]?.[3] ?? '', errors: lines[2]?.[1] ?? '' };
}

/** What lies in the table but for rejects, marks of requests and statistics. */
async function held() {
  const items = await region.recordItems();
  return items.filter(({ type }) => !String(type).startsWith('Reject') && type !== 'SearchQuota');
}

const oru = (...lines: string[]) => message(msh({ event: 'ORU^R01' }), who(), ...lines);
const obr = segment('OBR', { 3: 'L9', 4: 'FBC^Full blood count', 25: 'F' });
const mdm = (value: string) =>
  message(
    msh({ event: 'MDM^T02' }),
    who(),
    segment('TXA', { 2: 'DS', 12: 'D9' }),
    segment('OBX', { 2: 'ED', 3: 'DS', 5: value, 11: 'F' }),
  );

const missing = '101&Required field missing&HL70357';
const sequence = '100&Segment sequence error&HL70357';
const type = '102&Data type error&HL70357';
const table = '103&Table value not found&HL70357';
const internal = '207&Application internal error&HL70357';

const cases: readonly (readonly [name: string, body: string | Buffer, code: string, errors: string])[] = [
  ['nothing', '', 'AR', `MSH^1^^${sequence}`],
  ['blanks alone', '\r\n \r\n', 'AR', `MSH^1^^${sequence}`],
  ['no MSH', message(who()), 'AR', `MSH^1^^${sequence}`],
  ['binary rubbish', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 254, 3]), 'AR', `MSH^1^18^${type}`],
  ['separators that are letters', 'MSHabcdefPAS', 'AR', `MSH^1^2^${sequence}`],
  [
    'separators that are the same',
    message(msh().replace('^~\\&', '^^^^'), who()),
    'AR',
    `MSH^1^2^${sequence}`,
  ],
  ['a header cut short', 'MSH|^~\\&|PAS|T9A', 'AR', 'MSH^1^12^203&Unsupported version id&HL70357'],
  ['a line that is no segment', message(msh(), who(), 'and more'), 'AE', `PID^1^^${sequence}`],
  ['a segment name cut short', message(msh(), who(), 'PV'), 'AE', `PID^1^^${sequence}`],
  ['two messages in one', message(msh(), who(), msh(), who()), 'AR', `MSH^2^^${sequence}`],
  [
    'more segments than are taken',
    message(msh(), who(), ...Array(1000).fill('NTE|1')),
    'AR',
    `MSH^1^^${internal}`,
  ],
  ['an unknown character set', message(msh({ characterSet: 'ISO IR87' }), who()), 'AR', `MSH^1^18^${table}`],
  [
    'bytes that are not UTF-8 under no character set',
    Buffer.from(message(msh(), who({ 5: 'Mül^A' })), 'latin1'),
    'AR',
    `MSH^1^18^${type}`,
  ],
  [
    'ASCII that is none',
    message(msh({ characterSet: 'ASCII' }), who({ 5: 'Mül^A' })),
    'AR',
    `MSH^1^18^${type}`,
  ],
  [
    'another version',
    message(msh({ version: '3.0' }), who()),
    'AR',
    'MSH^1^12^203&Unsupported version id&HL70357',
  ],
  [
    'another type of message',
    message(msh({ event: 'SIU^S12' }), who()),
    'AR',
    'MSH^1^9^200&Unsupported message type&HL70357',
  ],
  [
    'an event of JavaScript',
    message(msh({ event: 'ADT^constructor' }), who()),
    'AR',
    'MSH^1^9^201&Unsupported event code&HL70357',
  ],
  [
    'another event',
    message(msh({ event: 'ADT^A17' }), who()),
    'AR',
    'MSH^1^9^201&Unsupported event code&HL70357',
  ],
  ['no control id', message(msh({ controlId: '' }), who()), 'AR', `MSH^1^10^${missing}`],
  [
    'the organisation of somebody else',
    message(msh({ facility: 'T9B' }), who()),
    'AR',
    'MSH^1^4^204&Unknown key identifier&HL70357',
  ],
  ['no organisation', message(msh({ facility: '' }), who()), 'AR', `MSH^1^4^${missing}`],
  ['a message time in month 13', message(msh({ sentAt: '20261301090000' }), who()), 'AE', `MSH^1^7^${type}`],
  ['a message time without a time', message(msh({ sentAt: '20261101' }), who()), 'AE', `MSH^1^7^${type}`],
  ['no PID', message(msh()), 'AE', `PID^1^^${sequence}`],
  ['a repeated PID', message(msh(), who(), who()), 'AE', `PID^2^^${sequence}`],
  [
    'two patients in one message',
    message(msh(), who(), pid({ localId: 'BAD2' })),
    'AE',
    `PID^2^^${sequence}`,
  ],
  ['a PID cut short', message(msh(), 'PID|1'), 'AE', `PID^1^3^${missing}`],
  ['a birth in month 13', message(msh(), who({ 7: '19711309' })), 'AE', `PID^1^7^${type}`],
  ['a sex that is no code', message(msh(), who({ 8: '7' })), 'AE', `PID^1^8^${table}`],
  [
    'several wrong fields',
    message(msh(), who({ 7: '1971130', 8: 'Q' })),
    'AE',
    `PID^1^7^${type}~PID^1^8^${table}`,
  ],
  [
    'an admission without a visit',
    message(msh({ event: 'ADT^A01' }), who(), 'PV1|1|I'),
    'AE',
    `PV1^1^19^${missing}`,
  ],
  [
    'a discharge before the admission',
    message(
      msh({ event: 'ADT^A03' }),
      who(),
      segment('PV1', { 2: 'I', 19: 'V9', 44: '20261102', 45: '20261101' }),
    ),
    'AE',
    `PV1^1^45^${type}`,
  ],
  [
    'results without an order',
    oru(segment('OBX', { 2: 'NM', 3: 'A', 5: '1', 11: 'F' })),
    'AE',
    `OBX^1^^${sequence}~OBR^1^^${missing}`,
  ],
  [
    'an OBX with an unknown type',
    oru(obr, segment('OBX', { 2: 'QQ', 3: 'A', 5: '1', 11: 'F' })),
    'AE',
    `OBX^1^2^${table}`,
  ],
  [
    'an OBX of JavaScript’s own type',
    oru(obr, segment('OBX', { 2: 'constructor', 3: 'A', 5: '1', 11: 'F' })),
    'AE',
    `OBX^1^2^${table}`,
  ],
  [
    'an OBX with an unknown status',
    oru(obr, segment('OBX', { 2: 'NM', 3: 'A', 5: '1', 11: 'Q' })),
    'AE',
    `OBX^1^11^${table}`,
  ],
  [
    'a second OBX with a date in month 13',
    oru(
      obr,
      segment('OBX', { 2: 'NM', 3: 'A', 5: '1', 11: 'F' }),
      segment('OBX', { 2: 'DT', 3: 'B', 5: '20261301', 11: 'F' }),
    ),
    'AE',
    `OBX^2^5^${type}`,
  ],
  ['a document that is not base64', mdm('^application^PDF^Base64^not base64!'), 'AE', `OBX^1^5^${type}`],
  ['a document that is cut short', mdm('^application^PDF^Base64^JVBERi0xLjQKJ'), 'AE', `OBX^1^5^${type}`],
  ['a document without content', mdm(''), 'AE', `OBX^1^5^${missing}`],
  [
    'a merge with itself',
    message(msh({ event: 'ADT^A40' }), who(), 'MRG|BAD1^^^T9A^MR'),
    'AE',
    'MRG^1^1^205&Duplicate key identifier&HL70357',
  ],
  ['a merge without MRG', message(msh({ event: 'ADT^A40' }), who()), 'AE', `MRG^1^^${sequence}`],
  [
    'a merge of a patient whom nobody has sent',
    message(msh({ event: 'ADT^A40' }), who(), 'MRG|NOBODY^^^T9A^MR'),
    'AE',
    'PID^1^3^204&Unknown key identifier&HL70357',
  ],
  [
    'an address that would run a script',
    message(
      msh({ event: 'MDM^T02' }),
      who(),
      segment('TXA', { 2: 'DS', 12: 'D9' }),
      segment('OBX', { 2: 'RP', 3: 'DS', 5: 'javascript:alert(1)', 11: 'F' }),
    ),
    'AE',
    `OBX^1^5^${type}`,
  ],
];

describe('a bad message', () => {
  it.each(cases)('%s is refused where it is wrong, and leaves nothing', async (_, body, code, errors) => {
    const before = await held();
    const answer = await send(body);
    expect([answer.status, answer.code, answer.errors]).toEqual([200, code, errors]);
    expect(await held()).toEqual(before);
    for (const secret of [canary.family, canary.number]) expect(answer.text).not.toContain(secret);
  });

  it('with a document of 30 MB is refused unread, and one of 5 MB for its document', async () => {
    const before = await held();
    const file = (bytes: number) => Buffer.alloc(bytes, '%PDF-1.4 ').toString('base64');
    const unread = await send(mdm(`^application^PDF^Base64^${file(30_000_000)}`));
    expect([unread.code, unread.errors]).toEqual(['AR', `MSH^1^^${internal}`]);
    const large = await send(mdm(`^application^PDF^Base64^${file(4_200_000)}`));
    expect([large.code, large.errors]).toEqual(['AE', `MSH^1^^${internal}`]);
    expect(await held()).toEqual(before);
  });

  it('is kept in the rejects list under its own message id, as it came', async () => {
    const body = message(msh({ controlId: 'KEPT-1' }), who({ 7: '19711309' }));
    await send(body);
    const { body: list } = await region.call<{ rejects: { id: string; messageId: string }[] }>(
      'list-rejects',
      { caller: feed },
    );
    const kept = list.rejects.find(({ messageId }) => messageId === 'KEPT-1');
    expect(kept).toMatchObject({
      format: 'hl7v2',
      code: 'INVALID_REQUEST',
      issues: ['PID-7: must be a date of the calendar'],
    });
    const read = await region.call<{ message?: string }>('read-reject', {
      caller: feed,
      path: { id: kept?.id ?? '' },
    });
    expect(read.body.message?.replaceAll('\r', '\n').trim()).toBe(body.replaceAll('\r', '\n').trim());
  });

  it('is known by its fields, whatever stands at the ends of its lines and around it', async () => {
    const body = message(msh({ controlId: 'LINES' }), who(), 'PD1|', 'PV1|1|N');
    const mixed = `\uFEFF\u000B\r\n${body.replace('\r', '\r\n').replace('\rPV1', '\n\nPV1')}\r\n\u001C\r`;
    expect((await send(mixed)).code).toBe('AA');
  });

  it('leaves no name and no number in the log', async () => {
    await send(message(msh({ controlId: 'LOGGED' }), who()));
    expect(region.logs()).not.toBe('');
    for (const secret of [canary.family, canary.number]) expect(region.logs()).not.toContain(secret);
  });
});

describe('any message of the golden files', () => {
  const golden = (name: string) =>
    readFileSync(new URL(`../formats/hl7v2/golden/${name}.hl7`, import.meta.url), 'utf8');
  const texts = ['adt-a01-admit', 'adt-a40-merge', 'oru-r01-blood', 'mdm-t02-letter'].map(golden);
  const broken = fc
    .tuple(
      fc.constantFrom(...texts),
      fc.nat(),
      fc.nat(40),
      fc.constantFrom('', '|', '\r', '^', '""', '\\', 'é', '\u0000', '99999999'),
    )
    .map(([text, at, length, put]) => {
      const start = at % text.length;
      return text.slice(0, start) + put + text.slice(start + length);
    });

  it('is read or refused at once when a field of it is long beyond measure', () => {
    const long = (part: string) => part.repeat(100_000 / part.length);
    const bodies = [
      '1',
      ' ',
      '~',
      '^',
      '&',
      '\\\\',
      '\\\\X41',
      '.',
      '1.',
      '-1',
      '\n',
      '\r',
      'PID|1\r',
      '=',
      'A=',
    ].flatMap((part) => [
      oru(obr, segment('OBX', { 2: 'NM', 3: 'A', 5: `${long(part)}x`, 7: `${long(part)}x`, 11: 'F' })),
      message(msh(), who({ 3: `H1^^^^NH{status:${long(part)}`, 5: long(part), 13: `${long(part)}x` })),
      mdm(`^application^PDF^Base64^${long(part)}!`),
      `${message(msh(), who())}${long(part)}x`,
    ]);
    const started = performance.now();
    for (const body of bodies) readMessage(body, 'T9A');
    // A regular expression that goes back and forth would take minutes for one of them.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('is read or refused with its places when it is cut off anywhere', () => {
    for (const text of texts)
      for (let end = 0; end < text.length; end += 1) {
        const read = readMessage(text.slice(0, end), 'T9A');
        if (!read.ok) expect(read.issues.length).toBeGreaterThan(0);
      }
  });

  it('is read or refused with its places when it is changed anywhere', () => {
    fc.assert(
      fc.property(broken, (text) => {
        const read = readMessage(text, 'T9A');
        if (!read.ok) expect(read.issues.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('is filed whole or not at all when it is changed anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(broken, fc.uuid(), async (text, controlId) => {
        const before = new Set((await held()).map(({ PK, SK }) => `${PK} ${SK}`));
        const answer = await send(Buffer.from(text.replace(/M00\d\d/, controlId)));
        expect([200, 503]).toContain(answer.status);
        expect(['AA', 'AE', 'AR']).toContain(answer.code);
        if (answer.code !== 'AA')
          expect((await held()).filter(({ PK, SK }) => !before.has(`${PK} ${SK}`))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
