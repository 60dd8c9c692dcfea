/** What the functions of a stack have logged: read where a rehearsal fails, and searched for secrets. */
import { type AwsAccount, askJson } from '../support/deployed/aws-call.ts';

interface Groups {
  readonly logGroups: readonly { readonly logGroupName: string }[];
}
interface Events {
  readonly events: readonly { readonly message: string }[];
}

/** Every line, as `group: message`. */
export async function functionLogs(account: AwsAccount): Promise<readonly string[]> {
  const { logGroups } = await askJson<Groups>(
    account,
    'logs',
    'Logs_20140328.DescribeLogGroups',
    {},
  );
  const found = logGroups.map(async ({ logGroupName }) => {
    const { events } = await askJson<Events>(account, 'logs', 'Logs_20140328.FilterLogEvents', {
      logGroupName,
    });
    return events.map(({ message }) => `${logGroupName}: ${message.trim()}`);
  });
  return (await Promise.all(found)).flat();
}
