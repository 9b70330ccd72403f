import type { ReactNode } from 'react';
import {
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  type MenuItemProps as AriaMenuItemProps,
  type MenuProps as AriaMenuProps,
  MenuSection as AriaMenuSection,
  Header,
  MenuTrigger,
  Popover,
  type PopoverProps,
  Separator,
} from 'react-aria-components';
import { cx } from './cx';
import { FLOAT, ROW } from './float';
import { Icon, type IconName } from './Icon';

export { MenuTrigger };

/** A menu of actions or choices. Belongs inside a {@link MenuTrigger}. */
export function Menu({
  placement,
  children,
  ...rest
}: Omit<AriaMenuProps<object>, 'className' | 'style' | 'children'> & {
  placement?: PopoverProps['placement'];
  children: ReactNode;
}) {
  return (
    <Popover offset={6} {...(placement ? { placement } : {})} className={cx(FLOAT, 'min-w-52')}>
      <AriaMenu {...rest} className="max-h-[70dvh] overflow-y-auto p-1 outline-none">
        {children}
      </AriaMenu>
    </Popover>
  );
}

export function MenuItem({
  icon,
  isDanger,
  hint,
  children,
  ...rest
}: Omit<AriaMenuItemProps, 'className' | 'style' | 'children'> & {
  icon?: IconName;
  isDanger?: boolean;
  hint?: ReactNode;
  children: ReactNode;
}) {
  const text = rest.textValue ?? (typeof children === 'string' ? children : undefined);
  return (
    <AriaMenuItem
      {...rest}
      {...(text === undefined ? {} : { textValue: text })}
      className={cx(ROW, isDanger && 'text-state-failed')}
    >
      {({ isSelected, selectionMode }) => (
        <>
          {icon && <Icon name={icon} className={cx('size-4.5', !isDanger && 'text-quiet')} />}
          <span className="min-w-0 flex-1 truncate">{children}</span>
          {hint && <span className="text-small text-quiet">{hint}</span>}
          {selectionMode !== 'none' && (
            <Icon name="check" className={cx('size-4 text-accent', !isSelected && 'invisible')} />
          )}
        </>
      )}
    </AriaMenuItem>
  );
}

export function MenuSection({
  title,
  children,
  ...rest
}: { title: string; children: ReactNode } & Pick<
  AriaMenuProps<object>,
  'selectionMode' | 'selectedKeys' | 'onSelectionChange'
>) {
  return (
    <AriaMenuSection {...rest}>
      <Header className="px-2.5 pt-2 pb-1 text-small font-medium text-faint">{title}</Header>
      {children}
    </AriaMenuSection>
  );
}

export function MenuLine() {
  return <Separator className="my-1 h-px bg-line" />;
}
