/**
 * The events that other systems can listen to: an event bus of the service's own, and the function
 * that reports to it what changed in the table.
 */
import { Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import type { CatalogTable } from '../state/catalog-table.ts';
import { DeadLetters } from '../upkeep/dead-letters.ts';

export interface AnnouncementsProps {
  readonly stage: StageSettings;
  readonly table: CatalogTable;
}

export class Announcements extends Construct {
  readonly bus: EventBus;
  readonly announce: ServiceFunction;
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, { stage, table }: AnnouncementsProps) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus');
    this.deadLetters = new DeadLetters(this, 'DeadLetters');
    this.announce = new ServiceFunction(this, 'Announce', {
      stage,
      entry: 'announce',
      description: 'Sends an event when a package becomes available, or a channel moves',
      // The release of a draft announces all of its packages.
      timeout: Duration.minutes(5),
    });
    this.announce.addEnvironment(ENV.eventBusName, this.bus.eventBusName);
    this.announce.addToRolePolicy(
      new PolicyStatement({ actions: ['events:PutEvents'], resources: [this.bus.eventBusArn] }),
    );
    // Whether a package belongs to a draft, and which packages a released draft has.
    table.grantRead(this.announce);
    table.grantQuery(this.announce);
    table.sendChanges(this.announce, this.deadLetters.queue, ['packages', 'versions', 'channels']);
  }
}
