import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
  readonly inBundle?: boolean;
  readonly link?: boolean;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Locked>;
};
const declared = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>;

/** Each was looked at: it prepares or fetches nothing that the package would not run without. */
const knownScripts = ['@scarf/scarf', 'classic-level', 'core-js', 'esbuild'];

it('attack 62: a dependency that brings an install script, another registry or a loose version is refused', () => {
  const locked = Object.entries(packages).filter(([path]) => path !== '');
  const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const scripted = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => nameOf(path));
  expect([...new Set(scripted)].toSorted()).toEqual(knownScripts);
  for (const [path, { integrity, inBundle, link, optional, resolved = '' }] of locked) {
    expect([path, /^(?:git|file|http:)/.test(resolved) || link === true]).toEqual([path, false]);
    // A package inside another's archive is covered by the archive's own; other platforms' binaries are never installed here.
    if (!inBundle && !optional) expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)]);
  }
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'])
    for (const [name, version] of Object.entries(declared[kind] ?? {}))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+/)]);
});
