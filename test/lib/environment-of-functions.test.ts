/** A function gets each right together with the variable that the right needs. */
import { describe, expect, test } from '@jest/globals';
import { ENV } from '../../open/settings/env.ts';
import { functionsOf, ownRightsIn } from './support/functions.ts';
import { templateOf } from './support/templates.ts';

describe('the environment of a function', () => {
  /** A right, and the variable that it needs. */
  const PAIRS: readonly (readonly [right: RegExp, variable: string])[] = [
    [/^dynamodb:.* on Catalog/, ENV.tableName],
    [/^s3:.* on Packages/, ENV.s3Bucket],
    [/ on CursorKey$/, ENV.urlSigningKeySecret],
    [/ on DownloadsKeysKeyring$/, ENV.cdnKeyring],
    [/^sqs:SendMessage on UpkeepVerification$/, ENV.verificationQueueUrl],
    [/^cloudfront:CreateInvalidation /, ENV.cdnDistributionId],
  ];

  test.each(['cdn', 's3'] as const)(
    'comes with its right, and its right with it (downloads by %s)',
    (downloads) => {
      const template = templateOf({ downloads });
      const rights = ownRightsIn(template);

      for (const [who, { Environment }] of functionsOf(template)) {
        const may = rights
          .filter((right) => right.who === who)
          .map(({ action, on }) => `${action} on ${on}`);
        const needed = PAIRS.filter(([right]) => may.some((line) => right.test(line))).map(
          ([, variable]) => variable,
        );
        const passed = PAIRS.map(([, variable]) => variable).filter(
          (variable) => variable in Environment.Variables,
        );

        expect({ who, passed }).toEqual({ who, passed: needed });
      }
    },
  );

  test('is a name of the list that functions read', () => {
    const names: readonly string[] = Object.values(ENV);
    const passed = [...functionsOf(templateOf()).values()].flatMap(({ Environment }) =>
      Object.keys(Environment.Variables),
    );

    expect(passed.filter((name) => !names.includes(name))).toEqual([]);
  });

  test('holds no secret, only the ARN of one', () => {
    const variables = [...functionsOf(templateOf()).values()].map(
      ({ Environment }) => Environment.Variables,
    );

    for (const name of [ENV.urlSigningKey, ENV.adminToken, ENV.s3SecretKey]) {
      expect(variables.filter((one) => name in one)).toEqual([]);
    }
    expect(JSON.stringify(templateOf().toJSON())).not.toContain('resolve:secretsmanager');
  });
});
