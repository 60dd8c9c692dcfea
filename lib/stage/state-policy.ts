/** What happens to the resources that hold state when their stack is deleted. */
import { RemovalPolicy } from 'aws-cdk-lib';
import type { StageSettings } from './stage-settings.ts';

/**
 * They outlive `cdk destroy`, unless the stage says otherwise. A first deployment that fails does
 * remove them: they are empty, and would be in the way of the next deployment.
 */
export function statePolicy({ retainState }: Pick<StageSettings, 'retainState'>): RemovalPolicy {
  return retainState ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
