import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import { asProblem } from '@/api/problem';
import { useProblemWords } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { Menu, MenuItem, MenuSection, MenuTrigger } from '@/design/Menu';
import { toast } from '@/design/Toast';
import { useSwitchWorkspace, useWorkspace } from './session';

/** The name of the workspace; a menu of them for people who have more than one. */
export function WorkspaceSwitcher() {
  const { t } = useTranslation('shell');
  const { workspaces } = useMe();
  const here = useWorkspace();
  const go = useSwitchWorkspace();
  const words = useProblemWords();
  const name = (
    <span
      title={here.name}
      className="min-w-0 flex-1 truncate text-left text-body font-medium md:max-lg:line-clamp-2 md:max-lg:text-center md:max-lg:text-small md:max-lg:whitespace-normal md:max-lg:wrap-anywhere"
    >
      {here.name}
    </span>
  );
  if (workspaces.length < 2) {
    return <div className="flex min-h-9 items-center gap-2 px-2.5 text-quiet md:max-lg:px-0">{name}</div>;
  }
  return (
    <MenuTrigger>
      <Button
        aria-label={t('switchWorkspace', { name: here.name })}
        className="flex min-h-11 w-full items-center gap-2 rounded-control border border-line px-2.5 transition-colors data-hovered:bg-hover data-pressed:bg-press md:min-h-9 md:max-lg:px-1"
      >
        {name}
        <Icon name="chevrons-up-down" className="size-4.5 text-quiet md:max-lg:hidden" />
      </Button>
      <Menu
        aria-label={t('workspaces')}
        onAction={(id) =>
          void go(String(id)).catch((error: unknown) => toast({ kind: 'failed', title: words(asProblem(error)).title }))
        }
      >
        <MenuSection title={t('workspaces')} selectionMode="single" selectedKeys={[here.id]}>
          {workspaces.map(({ id, name: called, role }) => (
            <MenuItem key={id} id={id} textValue={called} hint={t(`role.${role}`)}>
              {called}
            </MenuItem>
          ))}
        </MenuSection>
      </Menu>
    </MenuTrigger>
  );
}
