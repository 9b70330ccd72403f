import { SearchField as AriaSearchField, Button, Input, type SearchFieldProps } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { cx } from './cx';
import { BOX } from './Field';
import { Icon } from './Icon';

/** A search field. Its label is only for screen readers; Escape or the cross clears it. */
export function SearchField({
  label,
  placeholder,
  className,
  ...rest
}: Omit<SearchFieldProps, 'className' | 'style' | 'children' | 'aria-label'> & {
  label: string;
  placeholder?: string;
  className?: string;
}) {
  const { t } = useTranslation('design');
  return (
    <AriaSearchField
      {...rest}
      aria-label={label}
      className={cx('group control flex min-w-0 items-center', BOX, className)}
    >
      <Icon name="search" className="ml-3 size-4 text-quiet" />
      <Input
        placeholder={placeholder ?? label}
        className="min-w-0 flex-1 self-stretch bg-transparent px-2 outline-none [&::-webkit-search-cancel-button]:hidden"
      />
      <Button
        aria-label={t('clear')}
        className="flex w-11 items-center justify-center self-stretch text-quiet group-data-empty:hidden md:w-8"
      >
        <Icon name="close" className="size-4" />
      </Button>
    </AriaSearchField>
  );
}
