/** What becomes of the resources that keep state when their stack goes. */
import { RemovalPolicy } from 'aws-cdk-lib';
import type { StageSettings } from './stage-settings.ts';

/**
 * They outlive `cdk destroy`, unless the stage says otherwise; but a first deployment that breaks takes along what it made, which is
 * empty and would be in the way of the next one.
 */
export function statePolicy({ retainState }: Pick<StageSettings, 'retainState'>): RemovalPolicy {
  return retainState ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
