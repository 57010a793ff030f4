/** The oldest Node that runs the project: TypeScript without a build step, and the packages' own minimum. */
export const oldestNode = '22.18.0';

/** What to say about a Node that is too old; undefined for one that is not. */
export function describeOldNode(version: string): { message: string; fix: string } | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return {
    message: `Node ${version} is too old: Towpath needs ${oldestNode} or later`,
    fix: 'run it by npm (npm start, npm run towpath --): npm ci brings a Node 24 for Linux and Windows; elsewhere install Node 24 from nodejs.org',
  };
}
