import { useNavigate } from '@tanstack/react-router';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import { asProblem } from '@/api/problem';
import { Avatar } from '@/design/Avatar';
import { cx } from '@/design/cx';
import { useProblemWords } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { Menu, MenuItem, MenuLine, MenuSection, MenuTrigger } from '@/design/Menu';
import { toast } from '@/design/Toast';
import { useLiveState } from './live';
import { signOut } from './session';
import { setTheme, type Theme, useTheme } from './theme';

const THEMES: [Theme, 'system' | 'sun' | 'moon'][] = [
  ['system', 'system'],
  ['light', 'sun'],
  ['dark', 'moon'],
];

/** The account menu: name, appearance, sign out. Without keyboard shortcuts at phone width. */
export function Account({ compact = false, onHelp }: { compact?: boolean; onHelp: () => void }) {
  const { t } = useTranslation('shell');
  const me = useMe();
  const navigate = useNavigate();
  const live = useLiveState();
  const theme = useTheme();
  const words = useProblemWords();
  async function leave() {
    try {
      await signOut();
      await navigate({ to: '/sign-in', search: {} });
    } catch (error) {
      toast({ kind: 'failed', title: t('signOutFailed'), detail: words(asProblem(error)).title });
    }
  }
  function act(key: React.Key) {
    if (key === 'help') onHelp();
    else if (key === 'leave') void leave();
  }
  return (
    <MenuTrigger>
      <Button
        aria-label={t('account', { name: me.name })}
        className={cx(
          'flex items-center gap-2.5 rounded-control transition-colors data-hovered:bg-hover data-pressed:bg-press',
          compact ? 'size-11 justify-center' : 'min-h-11 px-2 py-1 text-left md:max-lg:justify-center',
        )}
      >
        <Avatar name={me.name} />
        {!compact && (
          <span className="flex min-w-0 flex-1 flex-col md:max-lg:hidden">
            <span title={me.name} className="truncate text-body font-medium">
              {me.name}
            </span>
            <span className="flex items-center gap-1.5 text-small text-quiet">
              <span className={cx('size-1.5 rounded-full', live === 'live' ? 'bg-state-published' : 'bg-edge')} />
              {t(`live.${live}`)}
            </span>
          </span>
        )}
        {!compact && <Icon name="more" className="text-quiet md:max-lg:hidden" />}
      </Button>
      <Menu aria-label={t('accountMenu')} onAction={act} placement="top start">
        <MenuSection
          title={t('theme.title')}
          selectionMode="single"
          selectedKeys={[theme]}
          onSelectionChange={(keys) => {
            const [to] = [...keys];
            setTheme(to === 'light' || to === 'dark' ? to : 'system');
          }}
        >
          {THEMES.map(([id, icon]) => (
            <MenuItem key={id} id={id} icon={icon}>
              {t(`theme.${id}`)}
            </MenuItem>
          ))}
        </MenuSection>
        <MenuLine />
        <MenuItem id="docs" icon="info" href="/help" target="_blank">
          {t('help')}
        </MenuItem>
        {!compact && (
          <MenuItem id="help" icon="keyboard">
            {t('shortcuts.title')}
          </MenuItem>
        )}
        <MenuItem id="leave" icon="sign-out">
          {t('signOut')}
        </MenuItem>
      </Menu>
    </MenuTrigger>
  );
}
