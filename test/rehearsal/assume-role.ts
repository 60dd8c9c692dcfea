/** The credentials of a function's role, as the function has them. */
import { type AwsAccount, askQuery, type Credentials } from '../support/deployed/aws-call.ts';

/** The role trusts Lambda only, so the rehearsal makes it trust the account's root, too. */
export async function assumeRole(account: AwsAccount, roleArn: string): Promise<Credentials> {
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
  await askQuery(account, 'iam', {
    Action: 'UpdateAssumeRolePolicy',
    Version: '2010-05-08',
    RoleName,
    PolicyDocument: JSON.stringify(trust),
  });
  const answer = await askQuery(account, 'sts', {
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
