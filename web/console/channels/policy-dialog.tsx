/** What a channel asks of its versions: everyone who moves it reads it, an admin changes the usual parts. */
import { useState } from 'preact/hooks';
import type { ChannelBody, ChannelRecordBody } from '../../../client/stowage-client.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { useLoaded } from '../parts/load.ts';
import { Loading } from '../parts/loading.tsx';
import { useNotice } from '../parts/notices.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

type Policy = NonNullable<ChannelRecordBody['policy']>;

export interface PolicyDialogProps {
  readonly channel: ChannelBody;
  close(): void;
}

export function PolicyDialog({ channel: { channel }, close }: PolicyDialogProps) {
  const { t } = useWords();
  const { client, may } = useSession();
  const record = useLoaded((signal) => client.getChannelRecord(channel, { signal }), [channel]);
  if (record.value !== undefined && may('admin'))
    return <EditPolicy record={record.value} close={close} />;
  return (
    <Dialog title={t.policyOf(channel)} close={close}>
      {record.error !== undefined && <Problem error={record.error} retry={record.reload} />}
      {record.value === undefined && record.error === undefined && <Loading />}
      {record.value !== undefined && <Parts policy={record.value.policy ?? {}} />}
    </Dialog>
  );
}

/** All that is set, by the names of the API: later releases have more of it. */
function Parts({ policy }: { readonly policy: object }) {
  const { t } = useWords();
  const parts = Object.entries(policy);
  if (parts.length === 0) return <p>{t.policyNone}</p>;
  return (
    <dl>
      {parts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface EditPolicyProps {
  readonly record: ChannelRecordBody;
  close(): void;
}

type FeedsRule = 'default' | 'all' | 'none';

function EditPolicy({ record, close }: EditPolicyProps) {
  const { channel, versionId, policy = {} } = record;
  const { feeds, minisign, ed25519, ...others } = policy;
  const { t } = useWords();
  const { client } = useSession();
  const show = useNotice();
  const [rule, setRule] = useState(ruleOf(feeds));
  const [keys, setKeys] = useState({ minisign: minisign ?? '', ed25519: ed25519 ?? '' });
  const save = async () => {
    const changed: Policy = {
      ...others,
      ...(rule !== 'default' && { feeds: rule === 'all' }),
      ...(keys.minisign.trim() !== '' && { minisign: keys.minisign.trim() }),
      ...(keys.ed25519.trim() !== '' && { ed25519: keys.ed25519.trim() }),
    };
    // The channel stays where it is: nothing is checked.
    const body = { versionId, expectedVersionId: versionId, policy: changed };
    await client.putChannel(channel, body as Parameters<typeof client.putChannel>[1]);
    show(t.policySaved(channel));
  };
  return (
    <Dialog title={t.policyOf(channel)} action={t.savePolicy} act={save} close={close}>
      <p>{t.policyHint}</p>
      <Field label={t.feedsRule}>
        {(ids) => (
          <select
            {...ids}
            value={rule}
            onChange={(event) => setRule(event.currentTarget.value as FeedsRule)}
          >
            {Object.entries(t.feedsRules).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      {(['minisign', 'ed25519'] as const).map((name) => (
        <Field
          key={name}
          label={name === 'minisign' ? t.minisignKey : t.ed25519Key}
          hint={t.keyHint}
        >
          {(ids) => (
            <input
              {...ids}
              value={keys[name]}
              spellcheck={false}
              onInput={(event) => setKeys({ ...keys, [name]: event.currentTarget.value })}
            />
          )}
        </Field>
      ))}
      {Object.keys(others).length > 0 && <Parts policy={others} />}
    </Dialog>
  );
}

function ruleOf(feeds: boolean | undefined): FeedsRule {
  return feeds === undefined ? 'default' : feeds ? 'all' : 'none';
}
