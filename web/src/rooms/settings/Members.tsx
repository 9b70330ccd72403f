import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { useMe } from '@/api/hooks';
import { asProblem } from '@/api/problem';
import type { MemberBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { queries } from '@/app/queries';
import { meQuery, useMay, useWorkspace } from '@/app/session';
import { Avatar } from '@/design/Avatar';
import { Badge } from '@/design/Badge';
import { Button, IconButton } from '@/design/Button';
import { ConfirmDialog, DialogTrigger } from '@/design/Dialog';
import { ErrorState, Forbidden, ProblemNote, useProblemWords } from '@/design/ErrorState';
import { useSaving } from '@/design/Form';
import { Icon } from '@/design/Icon';
import { Menu, MenuItem, MenuSection, MenuTrigger } from '@/design/Menu';
import { PageHeader } from '@/design/PageHeader';
import { Skeleton } from '@/design/Skeleton';
import { List, ListRow } from '@/design/Table';
import { toast } from '@/design/Toast';
import { When } from '@/design/When';
import { Offers } from '@/parts/Offers';
import { Invitations } from './Invitations';
import { Invite } from './Invite';
import { ResetPassword } from './ResetPassword';
import { RoleTable } from './RoleTable';
import { may, ROLES, type Role } from './roles';

/** Who belongs to the workspace, who is invited, and what each role may do. */
export function Members() {
  const { t } = useTranslation('settings');
  const mayRead = useMay('members:read');
  const mayManage = useMay('members:manage');
  const members = query.useQuery('get', '/v1/members', {}, { enabled: mayRead });
  const [isInviting, setInviting] = useState(false);
  if (!mayRead) return <Forbidden permission="members:read" />;
  return (
    <>
      <PageHeader
        title={t('members.title')}
        hint={t('members.hint')}
        actions={
          mayManage && (
            <Button look="solid" icon="plus" onPress={() => setInviting(true)}>
              {t('members.invite')}
            </Button>
          )
        }
      />
      {members.isPending && <Skeleton rows={3} />}
      {members.error && <ErrorState problem={members.error} onRetry={() => void members.refetch()} />}
      {members.data && (
        <List label={t('members.title')}>
          {members.data.items.map((member) => (
            <Member key={member.person} member={member} onChanged={() => members.refetch()} />
          ))}
        </List>
      )}
      {mayManage && <Invitations />}
      <Offers />
      <RoleTable />
      {isInviting && <Invite onClose={() => setInviting(false)} />}
    </>
  );
}

function Member({ member, onChanged }: { member: MemberBody; onChanged: () => Promise<unknown> }) {
  const { t } = useTranslation('settings');
  const { t: shell } = useTranslation('shell');
  const me = useMe();
  const { zone, role: own } = useWorkspace();
  const mayManage = useMay('members:manage');
  const isMe = member.person === me.id;
  const { save, isPending, problem } = useSaving();
  const params = { path: { person: member.person } };
  async function give(role: Role) {
    if (role === member.role) return;
    if (!(await save(() => withIdentity(() => api.PATCH('/v1/members/{person}', { params, body: { role } }))))) return;
    // Only who may make keys has any, and every other role may not.
    const hadKeys = may(member.role, 'keys:manage') && !may(role, 'keys:manage');
    toast({
      title: t('members.changed', { name: member.name, role: shell(`role.${role}`) }),
      ...(hadKeys ? { detail: t('members.keysEnded') } : {}),
    });
    await onChanged();
    if (isMe) await queries.invalidateQueries({ queryKey: meQuery.queryKey });
  }
  return (
    <ListRow className="flex-wrap">
      <Avatar name={member.name} />
      <div className="flex min-w-0 flex-1 basis-40 flex-col">
        <span className="flex flex-wrap items-center gap-2 font-medium">
          <span className="min-w-0 wrap-anywhere">{member.name}</span>
          {isMe && <Badge>{t('members.you')}</Badge>}
        </span>
        <span className="text-small text-quiet">
          {t('members.since')} <When at={member.joined_at} zone={zone} shape="date" />
        </span>
      </div>
      {mayManage ? (
        <span className="flex items-center gap-1">
          <RoleMenu member={member} isPending={isPending} onGive={(role) => void give(role)} />
          {own === 'owner' && !isMe && <ResetPassword member={member} />}
          <Remove member={member} onRemoved={onChanged} />
        </span>
      ) : (
        <span className="text-quiet">{shell(`role.${member.role}`)}</span>
      )}
      {problem && <ProblemNote problem={problem} className="w-full" />}
    </ListRow>
  );
}

function RoleMenu({
  member,
  isPending,
  onGive,
}: {
  member: MemberBody;
  isPending: boolean;
  onGive: (role: Role) => void;
}) {
  const { t } = useTranslation('settings');
  const { t: shell } = useTranslation('shell');
  const role = shell(`role.${member.role}`);
  return (
    <MenuTrigger>
      <Button small isPending={isPending} aria-label={t('members.roleOf', { name: member.name, role })}>
        {role}
        <Icon name="chevron-down" className="size-4 text-quiet" />
      </Button>
      <Menu aria-label={t('members.role')} placement="bottom end">
        <MenuSection
          title={t('members.role')}
          selectionMode="single"
          selectedKeys={[member.role]}
          onSelectionChange={(keys) => {
            const [to] = [...keys];
            const given = ROLES.find((one) => one === to);
            if (given) onGive(given);
          }}
        >
          {ROLES.map((one) => (
            <MenuItem key={one} id={one}>
              {shell(`role.${one}`)}
            </MenuItem>
          ))}
        </MenuSection>
      </Menu>
    </MenuTrigger>
  );
}

function Remove({ member, onRemoved }: { member: MemberBody; onRemoved: () => Promise<unknown> }) {
  const { t } = useTranslation('settings');
  const me = useMe();
  const words = useProblemWords();
  const isMe = member.person === me.id;
  async function remove() {
    const params = { path: { person: member.person } };
    await withIdentity(() => api.DELETE('/v1/members/{person}', { params }));
    toast({ title: t('members.removed', { name: member.name }) });
    await (isMe ? queries.invalidateQueries() : onRemoved()).catch((error: unknown) =>
      toast({ kind: 'failed', title: words(asProblem(error)).title }),
    );
  }
  return (
    <DialogTrigger>
      <IconButton small icon="trash" label={t('members.remove', { name: member.name })} />
      <ConfirmDialog
        title={isMe ? t('members.leaveTitle') : t('members.removeTitle', { name: member.name })}
        confirm={isMe ? t('members.leave') : t('members.removeAct')}
        onConfirm={remove}
      >
        <p>{isMe ? t('members.leaveBody') : t('members.removeBody')}</p>
      </ConfirmDialog>
    </DialogTrigger>
  );
}
