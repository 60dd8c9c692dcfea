/** Checks of the table of the catalog. */
import { TABLE } from '../../../core/layout.ts';
import type { StackCheck } from '../facts/check.ts';
import { on } from '../facts/facts.ts';
import { compare, ok, skipped, wrong } from '../facts/report.ts';

const GROUP = 'The table';

export const TABLE_CHECKS: readonly StackCheck[] = [
  {
    id: 'table-keys',
    group: GROUP,
    check: 'has the keys and indexes of the catalog',
    weight: 'fault',
    todo: 'an index that is missing can be made again, see docs/dynamodb.md; with other keys it is another table',
    judge: ({ table }) =>
      on(table.faults, (faults) =>
        faults.length === 0
          ? ok('as they must be')
          : wrong(faults.join('; '), 'the keys and indexes of docs/dynamodb.md'),
      ),
  },
  {
    id: 'point-in-time-recovery',
    group: GROUP,
    check: 'can be restored to any second',
    weight: 'fault',
    todo: 'aws dynamodb update-continuous-backups: until then nothing brings lost records back',
    judge: ({ table }) => on(table.pointInTimeRecovery, (status) => compare(status, 'ENABLED')),
  },
  {
    id: 'deletion-protection',
    group: GROUP,
    check: 'is protected from deletion as the stage says',
    weight: 'fault',
    todo: 'aws dynamodb update-table --deletion-protection-enabled, or change deletionProtection of the stage',
    judge: ({ table, wanted }) =>
      on(table.deletionProtection, (found) =>
        on(wanted, ({ deletionProtection: expected }) => {
          if (expected === undefined)
            return skipped(`the table is not one of the stack; protected: ${found}`);
          // More protection than the stage asks for does no harm.
          if (found || !expected)
            return ok(found ? 'protected' : 'not protected, as the stage says');
          return wrong('not protected', 'protected');
        }),
      ),
  },
  {
    id: 'expiry',
    group: GROUP,
    check: 'removes expired items by itself',
    weight: 'fault',
    todo: `aws dynamodb update-time-to-live with the attribute ${TABLE.expiryAttribute}`,
    judge: ({ table }) =>
      on(table.expiryAttribute, (attribute) =>
        compare(attribute ?? 'not enabled', TABLE.expiryAttribute),
      ),
  },
];
