/** The credentials of a function's role, as the function has them. */
import type { AwsEmulator } from '../support/servers/aws-emulator/aws-emulator.ts';
import { type AwsCall, type Credentials, callAws } from './aws-call.ts';

/** The role trusts Lambda only, so the rehearsal makes it trust the account's root, too. */
export async function assumeRole(emulator: AwsEmulator, roleArn: string): Promise<Credentials> {
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'lambda.amazonaws.com', AWS: '000000000000' },
      },
    ],
  };
  const RoleName = roleArn.split('/').at(-1) ?? '';
  await query(emulator, 'iam', {
    Action: 'UpdateAssumeRolePolicy',
    Version: '2010-05-08',
    RoleName,
    PolicyDocument: JSON.stringify(trust),
  });
  const answer = await query(emulator, 'sts', {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: 'rehearsal',
  });
  const field = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)?.[1] ?? '';
  return {
    accessKeyId: field('AccessKeyId'),
    secretAccessKey: field('SecretAccessKey'),
    sessionToken: field('SessionToken'),
  };
}

/** A call of the query protocol. @throws where it does not succeed */
export async function query(
  emulator: AwsEmulator,
  service: string,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const call: AwsCall = {
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  };
  const { status, body } = await callAws(emulator, call);
  if (status !== 200) throw new Error(`${fields['Action']} answered ${status}: ${body}`);
  return body.toString();
}
