/** The contract of the Catalog port. Lists may lag, so tests check them after `settled`. */

import { afterEach, beforeEach, describe } from '@jest/globals';
import { describeAudit } from './catalog-contract/audit.ts';
import { describeChanges } from './catalog-contract/changes.ts';
import {
  describeChannels,
  describeLinks,
  describeTokens,
} from './catalog-contract/channels-and-tokens.ts';
import { describeChecks } from './catalog-contract/checks.ts';
import { describeCreation } from './catalog-contract/creation.ts';
import { describeDigests } from './catalog-contract/digests.ts';
import { describePackageLists, describeVersionLists } from './catalog-contract/lists.ts';
import { describeModel } from './catalog-contract/model.ts';
import { describeNames, describeVersions } from './catalog-contract/names.ts';
import type { CatalogHarness } from './catalog-contract/records.ts';
import { describeThousands } from './catalog-contract/thousands.ts';
import { describeTotals } from './catalog-contract/totals.ts';
import { describeTrust } from './catalog-contract/trust.ts';
import { describePendingBytes, describeUnfinished } from './catalog-contract/unfinished.ts';

export type { CatalogHarness } from './catalog-contract/records.ts';

/**
 * @param openHarness opens an empty catalog
 * @param options `isModel` for the catalog that all others are compared with; `sums: false` for one
 *   that can't sum its records; `isAgain` for a driver that has done all of this with another client:
 *   without thousands of records, and without the comparison with the model
 */
export function describeCatalog(
  name: string,
  openHarness: () => Promise<CatalogHarness>,
  options: {
    readonly isModel?: boolean;
    readonly sums?: boolean;
    readonly isAgain?: boolean;
  } = {},
): void {
  describe(`catalog contract: ${name}`, () => {
    let harness: CatalogHarness | undefined;
    const current = () => {
      if (harness === undefined) throw new Error('no harness is open outside of a test');
      return harness;
    };

    beforeEach(async () => {
      harness = await openHarness();
    });

    afterEach(async () => {
      await harness?.close();
      harness = undefined;
    });

    describeCreation(current);
    describeChanges(current);
    describePackageLists(current);
    describeUnfinished(current);
    describePendingBytes(current);
    describeTotals(current, options.sums !== false);
    describeVersionLists(current);
    describeChannels(current);
    describeTokens(current);
    describeLinks(current);
    describeTrust(current);
    describeChecks(current);
    describeAudit(current);
    describeNames(current);
    describeDigests(current);
    describeVersions(current);
    if (options.isAgain === true) return;
    describeThousands(current);
    if (options.isModel !== true) describeModel(openHarness);
  });
}
