import { EngineError } from '../engine/index.ts';
import { RunnerRefusal } from '../runner/index.ts';
import { RegionUnreachable } from './region-client.ts';

/** What happened and what to do about it. */
export interface StartFailure {
  readonly message: string;
  readonly fix: string;
}

/** Explains why a region could not start or go on; undefined for an error that nobody foresaw. */
export function describeStartFailure(
  error: unknown,
  { dataDir, port }: { readonly dataDir: string; readonly port: number },
): StartFailure | undefined {
  if (error instanceof EngineError)
    return {
      message: error.message,
      fix:
        error.code === 'LOCKED'
          ? 'another folder is named with --data DIR'
          : 'towpath doctor checks the folder',
    };
  if (error instanceof RunnerRefusal)
    return {
      message: `the region's template cannot be served locally: ${error.message}`,
      fix: 'the local runner serves only what it serves as AWS would: extend local/runner, or change lib',
    };
  if (error instanceof RegionUnreachable)
    return {
      message: `${error.message} although it was started`,
      fix: 'towpath doctor checks ports and folders',
    };
  const code = errorCode(error);
  // The data folder is what is made here: elsewhere these two codes would be defects.
  const isFolder = error instanceof Error && 'syscall' in error && error.syscall === 'mkdir';
  switch (isFolder && (code === 'ENOENT' || code === 'EEXIST') ? 'EACCES' : code) {
    case 'EADDRINUSE':
      return {
        message: `port ${port} is taken by another process`,
        fix: 'choose another with --port N, or any free one with --port 0',
      };
    case 'ENOSPC':
      return {
        message: `the disk of the data folder ${dataDir} is full`,
        fix: 'free some space, or name a folder on another disk with --data DIR',
      };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
      return {
        message: `the data folder ${dataDir} cannot be written`,
        fix: 'check its permissions, or name another folder with --data DIR',
      };
    default:
      return undefined;
  }
}

function errorCode(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && error.code !== undefined ? error.code : errorCode(error.cause);
}
