/** The CDK app: deploys one stage of the service, chosen by `-c stage=NAME`. */
import { App } from 'aws-cdk-lib';
import { readStage } from '../lib/stage/read-stage.ts';
import { makeStage } from '../lib/stage-stacks.ts';
import { STAGES } from '../lib/stages.ts';

const app = new App();
const stage = readStage(STAGES, {
  stage: app.node.tryGetContext('stage'),
  settings: app.node.tryGetContext('settings'),
  presignedUrls: app.node.tryGetContext('PRESIGNED_URLS') ?? process.env['PRESIGNED_URLS'],
});
const account = stage.account ?? process.env['CDK_DEFAULT_ACCOUNT'];
const region = stage.region ?? process.env['CDK_DEFAULT_REGION'];

makeStage(app, stage, {
  ...(account === undefined ? {} : { account }),
  ...(region === undefined ? {} : { region }),
});
