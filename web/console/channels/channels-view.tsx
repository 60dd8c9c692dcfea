/** All channels: create, move with a preview, and go back in their history. */
import { useState } from 'preact/hooks';
import type { ChannelBody } from '../../../client/stowage-client.ts';
import { List } from '../parts/list.tsx';
import { useList } from '../parts/load.ts';
import { hrefOf } from '../route.ts';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';
import { History } from './history.tsx';
import { MoveChannel } from './move-channel.tsx';
import { PolicyDialog } from './policy-dialog.tsx';
import { RolloutDialog, RolloutState } from './rollout-dialog.tsx';

type Open =
  | { readonly dialog: 'move'; readonly channel: ChannelBody | undefined; readonly to?: string }
  | { readonly dialog: 'history' | 'rollout' | 'policy'; readonly channel: ChannelBody };

export function ChannelsView() {
  const { t, date } = useWords();
  const { client } = useSession();
  const [open, setOpen] = useState<Open>();
  const listed = useList((signal) => client.listChannels({ signal }), []);
  const more = [
    ['history', t.history, t.historyOf],
    ['rollout', t.rollout, t.rolloutOf],
    ['policy', t.policy, t.policyOf],
  ] as const;
  const close = () => setOpen(undefined);
  return (
    <>
      <h1 tabIndex={-1}>{t.channels}</h1>
      <p>
        <button
          type="button"
          class="main"
          onClick={() => setOpen({ dialog: 'move', channel: undefined })}
        >
          {t.newChannel}
        </button>
      </p>
      <List
        listed={listed}
        caption={t.channels}
        textOf={({ channel }) => channel}
        columns={[t.channel, t.pointsAt, t.moved, t.public, t.actions]}
        empty={<p>{t.noChannels}</p>}
        row={(channel) => (
          <tr key={channel.channel}>
            <th scope="row">{channel.channel}</th>
            <td data-label={t.pointsAt}>
              <a href={hrefOf('versions', channel.versionId)}>{channel.versionId}</a>
              <RolloutState channel={channel} />
            </td>
            <td data-label={t.moved}>{date(channel.updatedAt)}</td>
            <td data-label={t.public}>{channel.public ? t.public : t.notPublic}</td>
            <td class="actions">
              <button
                type="button"
                aria-label={t.moveTitle(channel.channel)}
                onClick={() => setOpen({ dialog: 'move', channel })}
              >
                {t.move}
              </button>
              {more.map(([dialog, label, ofChannel]) => (
                <button
                  key={dialog}
                  type="button"
                  aria-label={ofChannel(channel.channel)}
                  onClick={() => setOpen({ dialog, channel })}
                >
                  {label}
                </button>
              ))}
            </td>
          </tr>
        )}
      />
      {open?.dialog === 'move' && (
        <MoveChannel
          channel={open.channel}
          to={open.to ?? ''}
          moved={listed.reload}
          close={close}
        />
      )}
      {open?.dialog === 'history' && (
        <History
          channel={open.channel}
          goBack={(to) => setOpen({ dialog: 'move', channel: open.channel, to })}
          close={close}
        />
      )}
      {open?.dialog === 'rollout' && (
        <RolloutDialog channel={open.channel} changed={listed.reload} close={close} />
      )}
      {open?.dialog === 'policy' && <PolicyDialog channel={open.channel} close={close} />}
    </>
  );
}
