import { useTranslation } from 'react-i18next';
import { Section } from '@/design/Card';
import { Icon } from '@/design/Icon';
import { Cell, Row, Table } from '@/design/Table';
import { ABILITIES, may, ROLES } from './roles';

/** What each role may do, at a glance. */
export function RoleTable() {
  const { t } = useTranslation('settings');
  const { t: shell } = useTranslation('shell');
  return (
    <Section title={t('roles.title')} hint={t('roles.hint')}>
      <Table label={t('roles.title')} head={[t('roles.ability'), ...ROLES.map((role) => shell(`role.${role}`))]}>
        {ABILITIES.map(([ability, permission]) => (
          <Row key={ability}>
            <th scope="row" className="min-w-36 px-4 py-2.5 text-left font-normal xl:min-w-44">
              {t(`roles.can.${ability}`)}
            </th>
            {ROLES.map((role) => (
              <Cell key={role}>
                {may(role, permission) ? (
                  <>
                    <Icon name="check" className="size-4.5 text-state-published" />
                    <span className="sr-only">{t('roles.yes')}</span>
                  </>
                ) : (
                  <>
                    <Icon name="minus" className="size-4.5 text-faint" />
                    <span className="sr-only">{t('roles.no')}</span>
                  </>
                )}
              </Cell>
            ))}
          </Row>
        ))}
      </Table>
    </Section>
  );
}
