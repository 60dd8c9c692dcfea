/** Every check of a deployed stack, in the order of the report. */

import { BUCKET_CHECKS } from './checks/bucket.ts';
import { POLICY_CHECKS } from './checks/bucket-policy.ts';
import { CDN_CHECKS } from './checks/cdn.ts';
import { RUN_CHECKS, STACK_CHECKS, WATCH_CHECKS } from './checks/running.ts';
import { TABLE_CHECKS } from './checks/table.ts';
import type { StackCheck } from './facts/check.ts';

export const ALL_CHECKS: readonly StackCheck[] = [
  ...STACK_CHECKS,
  ...BUCKET_CHECKS,
  ...POLICY_CHECKS,
  ...TABLE_CHECKS,
  ...CDN_CHECKS,
  ...WATCH_CHECKS,
  ...RUN_CHECKS,
];
