// `npm ci` refuses a lockfile that misses the optional packages of other platforms, and npm leaves them out when it
// makes the lockfile where its registry does not have them (npm/cli#4828 and its kin). This adds what is missing:
// node .ci/complete-lockfile.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64', 'arm'];

const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const missing = Object.values(lockfile.packages).flatMap(({ dev, optionalDependencies = {} }) =>
  Object.entries(optionalDependencies)
    // A range names no platform's binary: those are always pinned to the version of the package that wants them.
    .filter(([name, version]) => /^\d/.test(version) && !(`node_modules/${name}` in lockfile.packages))
    .map(([name, version]) => [`node_modules/${name}`, entryOf(name, version, dev)]),
);
lockfile.packages = Object.fromEntries(
  [...Object.entries(lockfile.packages), ...missing].sort(([a], [b]) => a.localeCompare(b, 'en')),
);
writeFileSync('package-lock.json', `${JSON.stringify(lockfile, null, 2)}\n`);
console.log(`${missing.length} packages of other platforms added`);

function entryOf(name, version, dev) {
  const os = systems.find((system) => name.includes(system));
  const cpu = processors.find((processor) => name.includes(processor));
  if (!os || !cpu) throw new Error(`${name}: its name does not say for which platform it is`);
  const libc = name.includes('musl') ? 'musl' : os === 'linux' && name.includes('gnu') ? 'glibc' : undefined;
  return {
    version,
    cpu: [cpu],
    ...(dev && { dev }),
    ...(libc && { libc: [libc] }),
    optional: true,
    os: [os],
  };
}
