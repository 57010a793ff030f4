import { expect, it } from 'vitest';
import { withoutRandomIds } from './random-ids.ts';

it('takes out random ids and leaves a number that stands anywhere else', () => {
  const uuid = '92408054-8066-4d5c-9dc2-999301754570';
  expect(
    withoutRandomIds(
      `{"requestId":"${uuid}"} PERSON#${uuid} 01M7Z4KPGH0ZNJGQE6EM3SFCDA ${'9990000018'.padEnd(32, 'a')}`,
    ),
  ).toBe('{"requestId":""} PERSON#  ');
  for (const text of [
    '9990000018',
    'Patient/9990000018',
    'NHSNUMBER#9990000018',
    'nhs-9990000018-x',
    '"9990000018"',
    'obs9990000018',
  ])
    expect(withoutRandomIds(text)).toBe(text);
});
