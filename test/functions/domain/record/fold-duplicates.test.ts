import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentOf, foldDuplicates } from '../../../../functions/domain/record/fold-duplicates.ts';

const entry = (local: string, resource: object, date = '2024-05-01') => ({
  resourceType: 'Observation',
  date,
  source: { local },
  resource: { resourceType: 'Observation', subject: { reference: `Patient/${local}` }, ...resource },
});

describe('exact duplicates', () => {
  const gp = entry('p1', {
    id: '1',
    identifier: [{ value: 'x' }],
    meta: { versionId: '3' },
    code: { text: 'Weight' },
    performer: [{ reference: 'Practitioner/9', display: 'Dr Weir' }],
  });
  const trust = entry('p2', {
    performer: [{ display: 'Dr Weir', reference: 'Practitioner/4' }],
    id: '2',
    code: { text: 'Weight' },
  });

  it('are one whatever their ids, identifiers, meta, the order of elements and what is not held here', () => {
    expect(foldDuplicates([gp, trust])).toEqual([{ entry: gp, duplicates: [trust] }]);
  });

  it.each([
    ['a value', { valueString: '70 kg' }],
    ['a note', { note: [{ text: 'by the patient' }] }],
    ['the narrative', { text: { status: 'additional', div: '<div>lying</div>' } }],
    ['another performer', { performer: [{ reference: 'Practitioner/4', display: 'Dr Lock' }] }],
    ['a reference to an entry', { derivedFrom: [{ reference: 'Observation/7' }] }],
  ])('differ by %s', (_, more) => {
    const other = entry('p2', { ...trust.resource, subject: { reference: 'Patient/p2' }, ...more });
    expect(foldDuplicates([gp, other])).toHaveLength(2);
  });

  it('about another patient are none', () => {
    const other = entry('p2', { ...trust.resource, subject: { reference: 'Patient/p1' } });
    expect(foldDuplicates([gp, other])).toHaveLength(2);
  });
});

it('folding keeps every entry once, in order, and only with entries of the same content', () => {
  const any = fc
    .tuple(
      fc.constantFrom('p1', 'p2', 'p3'),
      fc.constantFrom('2024', '2025'),
      fc.constantFrom('Weight', 'Height'),
      fc.option(fc.constantFrom('final', 'amended'), { nil: undefined }),
    )
    .map(([local, date, text, status]) => entry(local, { code: { text }, ...(status && { status }) }, date));
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), (entries) => {
      const folded = foldDuplicates(entries);
      const all = folded.flatMap((one) => [one.entry, ...one.duplicates]);
      expect(new Set(all)).toEqual(new Set(entries));
      expect(all).toHaveLength(entries.length);
      const places = folded.map((one) => entries.indexOf(one.entry));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      const contents = new Set<string>();
      for (const one of folded) {
        const content = `${one.entry.date} ${contentOf(one.entry)}`;
        expect(contents.has(content)).toBe(false);
        contents.add(content);
        for (const duplicate of one.duplicates)
          expect(`${duplicate.date} ${contentOf(duplicate)}`).toBe(content);
      }
    }),
  );
});
