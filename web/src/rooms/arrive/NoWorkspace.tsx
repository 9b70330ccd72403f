import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { signOut } from '@/app/session';
import { Button } from '@/design/Button';
import { Offers } from '@/parts/Offers';
import { Frame } from './Frame';

/** Signed in, but a member of nothing: the last workspace was left, or they were removed from it. */
export function NoWorkspace() {
  const { t } = useTranslation('arrive');
  const navigate = useNavigate();
  return (
    <Frame title={t('noWorkspace.title')} hint={t('noWorkspace.hint')}>
      <Offers />
      <Button
        className="self-start"
        icon="sign-out"
        onPress={() => void signOut().then(() => navigate({ to: '/sign-in' }))}
      >
        {t('noWorkspace.signOut')}
      </Button>
    </Frame>
  );
}
