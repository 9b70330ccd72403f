import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlatformBody } from '@/api/schema';
import { Checkbox } from '@/design/Choice';
import { useFeatureWords } from './features';
import { askable } from './permissions';

/** Which permissions are asked at the platform, for what; those that can be left out can be unticked. */
export function Permissions({
  platform,
  chosen,
  onChange,
}: {
  platform: PlatformBody;
  chosen: string[];
  onChange: (chosen: string[]) => void;
}) {
  const { t } = useTranslation('connect');
  const words = useFeatureWords();
  const id = useId();
  return (
    <fieldset aria-labelledby={id} className="flex flex-col">
      <legend id={id} className="pb-1 text-body font-medium">
        {t('permissions.title', { platform: platform.name })}
      </legend>
      {askable(platform.features).map(({ name, scopes, isFixed }) => (
        <Checkbox
          key={name}
          isSelected={isFixed || chosen.includes(name)}
          isDisabled={isFixed}
          onChange={(isChosen) => onChange(isChosen ? [...chosen, name] : chosen.filter((one) => one !== name))}
          hint={
            <span className="font-mono break-all">
              {scopes.length > 0 ? scopes.join(' ') : t('permissions.nothingMore')}
            </span>
          }
        >
          {words(name).does}
        </Checkbox>
      ))}
      <p className="pt-1 text-small text-quiet">{t('permissions.hint')}</p>
    </fieldset>
  );
}
