import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issuerKeys } from '../../../functions/edge/issuer-keys.ts';

const minute = 60_000;
const hour = 60 * minute;
const uri = 'https://provider.example/keys';
const keySet = (...kids: string[]) => JSON.stringify({ keys: kids.map((kid) => ({ kid, kty: 'EC' })) });

/** A provider whose answers the test chooses, and a clock that it moves. */
function openProvider(first: string | undefined) {
  const provider = { answer: first, asked: [] as number[], time: 0 };
  const keys = issuerKeys(
    () => provider.time,
    async (_, init) => {
      provider.asked.push(provider.time);
      expect(init).toMatchObject({ redirect: 'error' });
      if (provider.answer === undefined) throw new TypeError('fetch failed');
      return new Response(provider.answer, { status: 200 });
    },
  );
  return { provider, has: async (kid: string) => (await keys.find(uri, kid)) !== undefined };
}

describe('the keys of another issuer', () => {
  it('are read once and held for an hour', async () => {
    const { has, provider } = openProvider(keySet('a'));
    expect([await has('a'), await has('a')]).toEqual([true, true]);
    provider.time = hour - 1;
    expect(await has('a')).toBe(true);
    expect(provider.asked).toHaveLength(1);
  });

  it('are read once by many who ask at the same moment', async () => {
    const { has, provider } = openProvider(keySet('a'));
    expect(await Promise.all([has('a'), has('a'), has('a')])).toEqual([true, true, true]);
    expect(provider.asked).toHaveLength(1);
  });

  it('are read again for an unknown key id: a rotated key is taken', async () => {
    const { has, provider } = openProvider(keySet('a'));
    await has('a');
    provider.answer = keySet('a', 'b');
    provider.time = minute;
    expect(await has('b')).toBe(true);
  });

  it('are dropped when the provider has withdrawn them, within an hour', async () => {
    const { has, provider } = openProvider(keySet('a'));
    await has('a');
    provider.answer = keySet('b');
    provider.time = hour;
    expect(await has('a')).toBe(false);
  });

  it('count for a day while the provider is away, and no longer', async () => {
    const { has, provider } = openProvider(keySet('a'));
    await has('a');
    provider.answer = undefined;
    provider.time = 24 * hour - 1;
    expect(await has('a')).toBe(true);
    provider.time = 24 * hour;
    expect(await has('a')).toBe(false);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no key set', '{}'],
    ['a key set of a megabyte', `{"keys":[],"x":"${'x'.repeat(1_000_000)}"}`],
  ])('stay as they were when the provider answers with %s', async (_, answer) => {
    const { has, provider } = openProvider(keySet('a'));
    await has('a');
    provider.answer = answer;
    provider.time = 2 * hour;
    expect(await has('a')).toBe(true);
  });

  it('leave out keys that verify no signature: symmetric ones, and those for encryption', async () => {
    const { has } = openProvider(
      JSON.stringify({
        keys: [
          { kid: 'oct', kty: 'oct', k: 'AAAA' },
          { kid: 'enc', kty: 'RSA', use: 'enc' },
          { kid: 'good', kty: 'RSA', use: 'sig' },
        ],
      }),
    );
    expect([await has('oct'), await has('enc'), await has('good')]).toEqual([false, false, true]);
  });

  it('are asked for once a minute at most, whatever is asked and whether or not the provider answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            after: fc.nat({ max: 40_000 }),
            kid: fc.constantFrom('a', 'b', 'x', 'y', 'z'),
            up: fc.boolean(),
          }),
          { maxLength: 40 },
        ),
        async (requests) => {
          const { has, provider } = openProvider(keySet('a', 'b'));
          for (const { after, kid, up } of requests) {
            provider.time += after;
            provider.answer = up ? keySet('a', 'b') : undefined;
            expect((await has(kid)) && !['a', 'b'].includes(kid)).toBe(false);
          }
          for (const [index, time] of provider.asked.entries())
            expect(time - (provider.asked[index - 1] ?? -minute)).toBeGreaterThanOrEqual(minute);
        },
      ),
    );
  });
});
