/** Alarms for which silence is a bad sign keep quiet until there can have been a sign. */
import { describe, expect, test } from '@jest/globals';
import { alarmsIn, DEPLOYED, goesOff } from '../support/alarms.ts';
import { VIRGINIA } from '../support/every-stage.ts';
import { templatesOf } from '../support/templates.ts';

const HOUR = 3600;
const alarms = alarmsIn(templatesOf(VIRGINIA).service);

describe.each([
  ['SweepNotRun', 1],
  ['KeyStepOverdue', 3],
])('%s', (name, hours) => {
  const alarm = alarms.get(name);

  test('looks at periods that hold several runs', () => {
    const periods = alarm?.Metrics?.flatMap(({ MetricStat }) => MetricStat?.Period ?? []);

    expect(new Set(periods)).toEqual(new Set([hours * HOUR]));
    expect(alarm?.EvaluationPeriods).toBe(1);
  });

  test('is quiet after a first deployment, when nothing can have run yet', () => {
    expect(goesOff(alarm, {}, DEPLOYED - hours * HOUR)).toBe(false);
    expect(goesOff(alarm, {}, DEPLOYED - 60)).toBe(false);
  });

  test('goes off at silence as soon as a whole period could have been filled', () => {
    expect(goesOff(alarm, {}, DEPLOYED + hours * HOUR)).toBe(true);
    expect(goesOff(alarm, {}, DEPLOYED + 1000 * HOUR)).toBe(true);
  });
});

describe('a run', () => {
  test('of the sweep counts if it did not fail', () => {
    expect(goesOff(alarms.get('SweepNotRun'), { runs: 4 })).toBe(false);
    expect(goesOff(alarms.get('SweepNotRun'), { runs: 4, failures: 3 })).toBe(false);
    expect(goesOff(alarms.get('SweepNotRun'), { runs: 4, failures: 4 })).toBe(true);
  });

  test('of the rotation counts if no step is overdue', () => {
    expect(goesOff(alarms.get('KeyStepOverdue'), { overdue: 0 })).toBe(false);
    expect(goesOff(alarms.get('KeyStepOverdue'), { overdue: 7 })).toBe(true);
  });
});
