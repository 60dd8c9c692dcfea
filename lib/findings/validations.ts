/**
 * Acknowledges findings of cdk-nag and of CDK itself. Releases of aws-cdk-lib that can not do so
 * are served all the same: there a finding stays for the app around the construct.
 */
import * as cdk from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

interface Acknowledgement {
  readonly id: string;
  /** A whole sentence. */
  readonly reason: string;
}

/** Named after the class of aws-cdk-lib that it calls. */
export const Validations = {
  of(construct: IConstruct) {
    return {
      acknowledge(one: Acknowledgement): void {
        // A namespace does not fail for a name that it lacks, as an import would.
        const own = (cdk as { readonly Validations?: typeof cdk.Validations }).Validations;
        const validations: { acknowledge?(...all: readonly Acknowledgement[]): void } | undefined =
          own?.of(construct);
        validations?.acknowledge?.(one);
      },
    };
  },
};
