import { describe, expect, test } from 'vitest';
import { RegionUnreachable } from '../../../local/cli/region-client.ts';
import { describeStartFailure } from '../../../local/cli/start-failure.ts';
import { EngineError } from '../../../local/engine/index.ts';
import { RunnerRefusal } from '../../../local/runner/index.ts';

const input = { dataDir: 'here', port: 8080 };

function systemError(code: string): Error {
  return Object.assign(new Error('system'), { code });
}

describe('why a region does not start', () => {
  test.each([
    ['a taken port', systemError('EADDRINUSE'), /port 8080 is taken/, /--port 0/],
    ['a full disk', systemError('ENOSPC'), /disk of the data folder here is full/, /free some space/],
    [
      'a full disk beneath another error',
      new Error('write', { cause: systemError('ENOSPC') }),
      /full/,
      /space/,
    ],
    ['a folder that is not writable', systemError('EACCES'), /here cannot be written/, /permissions/],
    [
      'a folder that is a file',
      Object.assign(systemError('EEXIST'), { syscall: 'mkdir' }),
      /here cannot be written/,
      /--data/,
    ],
    ['a folder in use', new EngineError('LOCKED', 'in use by another process'), /in use/, /--data/],
    [
      'a store that failed',
      new EngineError('WRITE_FAILED', 'the store failed'),
      /the store failed/,
      /doctor/,
    ],
    ['a template that is not served', new RunnerRefusal('x: unknown'), /x: unknown/, /local\/runner/],
    [
      'a region that does not answer',
      new RegionUnreachable('no region answers'),
      /no region answers/,
      /doctor/,
    ],
  ])('%s is explained with its remedy', (_, error, message, fix) => {
    const failure = describeStartFailure(error, input);
    expect(failure?.message).toMatch(message);
    expect(failure?.fix).toMatch(fix);
  });

  test('what nobody foresaw is not explained away', () => {
    expect(describeStartFailure(new Error('?'), input)).toBeUndefined();
    expect(describeStartFailure(systemError('ENOENT'), input)).toBeUndefined();
    expect(describeStartFailure('?', input)).toBeUndefined();
  });
});
