/** Why the runner will not start: a template that it would serve differently from AWS. The message names the place. */
export class RunnerRefusal extends Error {
  override readonly name = 'RunnerRefusal';
}

/** Refuses to start because of what stands at `place` (stack, logical id and path inside the resource). */
export function refuse(place: string, reason: string): never {
  throw new RunnerRefusal(`${place}: ${reason}`);
}
