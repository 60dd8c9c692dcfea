/** Puts the files of the console into the bucket of packages, beside the packages. */
import { CustomResource, Duration } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import type { PackageBucket } from '../state/package-bucket.ts';

export interface ConsoleFilesProps {
  readonly stage: StageSettings;
  readonly bucket: PackageBucket;
  /** The service that the console works with. */
  readonly apiUrl: string;
}

export class ConsoleFiles extends Construct {
  readonly place: ServiceFunction;

  constructor(scope: Construct, id: string, { stage, bucket, apiUrl }: ConsoleFilesProps) {
    super(scope, id);
    this.place = new ServiceFunction(this, 'Place', {
      stage,
      entry: 'console-resource',
      description: 'Puts the files of the console into the bucket',
      timeout: Duration.minutes(5),
    });
    bucket.grantPlaceConsole(this.place);
    const { s3Key } = (this.place.node.defaultChild as CfnFunction)
      .code as CfnFunction.CodeProperty;
    const resource = new CustomResource(this, 'Files', {
      resourceType: 'Custom::ConsoleFiles',
      serviceToken: this.place.functionArn,
      serviceTimeout: Duration.minutes(10),
      // The files are part of the function's code, so what names it changes with them.
      properties: { ApiUrl: apiUrl, Code: s3Key },
    });
    // Its permissions must be created before it.
    resource.node.addDependency(this.place);
  }
}
