/** Every stage keeps the rules of cdk-nag (AWS Solutions), or says beside the resource why not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { type App, Stack, Validations } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Stowage } from '../../lib/stowage.ts';
import { EVERY_STAGE, LEAN } from './support/every-stage.ts';
import { withApp, withStage } from './support/with-stage.ts';

interface Finding {
  readonly ruleName: string;
  readonly violatingConstructs: readonly { readonly constructPath?: string }[];
  /** Set for findings that were acknowledged. */
  readonly acknowledgedAt?: string;
  readonly reason?: string;
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly Finding[];
    readonly suppressedViolations: readonly Finding[];
  }[];
}

function check(app: App) {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  // CDK prints what it found, beside the report.
  const printed = jest.spyOn(console, 'error').mockImplementation(() => {});
  try {
    app.synth();
  } catch (error) {
    // The report, which is read below, says what was found.
    if (!String(error).includes('validation-report.json')) throw error;
  } finally {
    printed.mockRestore();
  }
  const report: Report = JSON.parse(
    readFileSync(join(app.outdir, 'validation-report.json'), 'utf8'),
  );
  const rules = report.pluginReports.filter(({ pluginName }) => pluginName === 'AwsSolutions');
  return {
    ran: rules.length === 1,
    found: rules.flatMap(({ violations }) => violations).flatMap(lines),
    answered: rules.flatMap(({ suppressedViolations }) => suppressedViolations),
  };
}

/** `rule: construct` */
function lines({ ruleName, violatingConstructs }: Finding): readonly string[] {
  return violatingConstructs.map(({ constructPath }) => `${ruleName}: ${constructPath}`);
}

describe('cdk-nag', () => {
  test.each(EVERY_STAGE)('finds nothing in stage $name that is not acknowledged', (stage) => {
    const { ran, found, answered } = withStage(stage, check);

    expect({ ran, found }).toEqual({ ran: true, found: [] });
    // By a whole sentence, and for a resource or its children, not for a stack.
    for (const { reason = '', acknowledgedAt = '' } of answered) {
      expect(reason).toMatch(/^[A-Z].{40,}\.$/);
      expect(acknowledgedAt).toContain('/');
    }
  });

  test('finds nothing in a stack of somebody else, either', () => {
    const { found } = withApp((app) => {
      const env = { account: '123456789012', region: 'eu-central-1' };
      const stack = new Stack(app, 'Mine', { env });
      new Stowage(stack, 'Packages');
      new Stowage(stack, 'Adopted', {
        bucket: Bucket.fromBucketName(stack, 'Files', 'left-behind'),
        table: Table.fromTableName(stack, 'Records', 'left-records'),
      });
      return check(app);
    });

    expect(found).toEqual([]);
  });

  test('finds a bucket without acknowledgements', () => {
    const { found } = withStage(LEAN, (app, { service }) => {
      new Bucket(service, 'Careless');
      return check(app);
    });

    expect(found).toContain('AwsSolutions-S10: Stowage-lean/Careless/Resource');
  });
});
