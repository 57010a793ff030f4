import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { events } from '../../../../functions/formats/hl7v2/events.ts';
import { openMessage } from '../../../../functions/formats/hl7v2/message.ts';
import { readMessage } from '../../../../functions/formats/hl7v2/read-message.ts';
import { fhirProblems } from '../../../support/validate-answer.ts';

const folder = fileURLToPath(new URL('golden/', import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.hl7'))
  .map((name) => name.slice(0, -'.hl7'.length));
const textOf = (name: string) => readFileSync(`${folder}${name}.hl7`, 'utf8');

function read(name: string) {
  const message = readMessage(textOf(name), 'T9A');
  if (!message.ok) throw new Error(`${name}: ${JSON.stringify(message.issues)}`);
  return message.value;
}

describe('a message of the standard', () => {
  it.each(names)('%s becomes the FHIR beside it', (name) => {
    const message = read(name);
    const { from, into } = message.kind === 'merge' ? message : {};
    const made = message.kind === 'file' ? message.bundle : { into, from };
    expect(made).toEqual(JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')));
  });

  it.each(names)('%s becomes resources that FHIR R4 knows', (name) => {
    const message = read(name);
    if (message.kind !== 'file') return;
    const resources = (message.bundle.entry ?? []).map(({ resource }) => resource);
    expect(resources.flatMap((resource) => fhirProblems(resource))).toEqual([]);
  });

  it('is here for every event that is taken', () => {
    const here = names.map((name) => {
      const opened = openMessage(textOf(name));
      return opened.ok ? `${opened.value.header.messageType}^${opened.value.header.event}` : '';
    });
    const taken = Object.entries(events).flatMap(([type, own]) =>
      Object.keys(own).map((event) => `${type}^${event}`),
    );
    expect([...new Set(here)].sort()).toEqual(taken.sort());
  });
});
