/** Reports what a rehearsal deployed, by type and number, and how long each step took. */
import type { DeployedResource } from '../support/deployed/deployed-stack.ts';

/** Of one step, in milliseconds, as they come. */
export class StepTimes {
  readonly #times: (readonly [step: string, ms: number])[] = [];

  async measure<Result>(step: string, work: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    const result = await work();
    this.#times.push([step, performance.now() - began]);
    return result;
  }

  toString(): string {
    return this.#times.map(([step, ms]) => `${step} ${(ms / 1000).toFixed(1)} s`).join(', ');
  }
}

export function describeDeployed(
  stackName: string,
  resources: readonly DeployedResource[],
  times: StepTimes,
): string {
  const counts = new Map<string, number>();
  for (const { type } of resources) counts.set(type, (counts.get(type) ?? 0) + 1);
  const rows = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = rows.map(
    ([type, count]) => `${String(count).padStart(4)}  ${type.replace(/^AWS::/, '')}`,
  );
  return `\n${stackName}: ${resources.length} resources (${times})\n${lines.join('\n')}\n`;
}
