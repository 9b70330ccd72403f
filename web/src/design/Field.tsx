import { type ReactNode, useState } from 'react';
import { Group } from 'react-aria-components/Group';
import {
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
} from 'react-aria-components/TextField';
import { useTranslation } from 'react-i18next';
import { IconButton } from './Button';
import { cx } from './cx';
import { Icon } from './Icon';

/** The texts of a field: its label, hint and error. */
export interface Said {
  label: string;
  /** Help that stays visible while the person types. */
  hint?: ReactNode;
  /** Marks the label as optional. */
  optional?: boolean;
  /** An error found by the page. A form's `validationErrors` are assigned by the field's name. */
  error?: string | undefined;
  className?: string;
}

export function FieldLabel({ label, optional }: Pick<Said, 'label' | 'optional'>) {
  const { t } = useTranslation('design');
  return (
    <Label className="flex items-baseline gap-2 text-body font-medium text-ink">
      {label}
      {optional && <span className="text-small font-normal text-faint">{t('optional')}</span>}
    </Label>
  );
}

/** Under the field: the hint, or the error in its place. */
export function FieldNotes({ hint, error }: Pick<Said, 'hint' | 'error'>) {
  return (
    <>
      {hint && (
        <Text slot="description" className="text-small text-quiet">
          {hint}
        </Text>
      )}
      <FieldError className="flex items-start gap-1.5 text-small font-medium text-state-failed">
        {({ validationErrors }) => (
          <>
            <Icon name="alert" className="mt-px size-4" />
            <span>{error ?? validationErrors.join(' ')}</span>
          </>
        )}
      </FieldError>
    </>
  );
}

/** The box of an input. At phone width its text is 16 px, so that phones don't zoom. */
export const BOX =
  'rounded-control border border-edge bg-raised text-read md:text-body text-ink transition-colors data-hovered:border-quiet ' +
  'data-focused:border-focus data-focused:outline-1 data-focused:-outline-offset-1 data-focused:outline-focus ' +
  'data-focus-within:border-focus data-focus-within:outline-1 data-focus-within:-outline-offset-1 data-focus-within:outline-focus ' +
  'data-invalid:border-state-failed data-disabled:opacity-50';

export interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children'>, Said {
  placeholder?: string;
  /** An icon or word inside the box, before the text. */
  lead?: ReactNode;
  /** Something after the text, such as a count. */
  trail?: ReactNode;
}

export function TextField({
  label,
  hint,
  optional,
  error,
  className,
  placeholder,
  lead,
  trail,
  ...rest
}: TextFieldProps) {
  const { t } = useTranslation('design');
  const [isShown, setShown] = useState(false);
  const isPassword = rest.type === 'password';
  return (
    <AriaTextField
      {...rest}
      type={isPassword && isShown ? 'text' : (rest.type ?? 'text')}
      isInvalid={rest.isInvalid ?? (error ? true : undefined)}
      className={cx('flex min-w-0 flex-col gap-1.5', className)}
    >
      <FieldLabel label={label} optional={optional} />
      <Group className={cx('control flex items-center', BOX)}>
        {lead && <span className="pl-3 text-quiet">{lead}</span>}
        <Input
          dir="auto"
          placeholder={placeholder}
          className="min-w-0 flex-1 self-stretch bg-transparent px-3 outline-none"
        />
        {trail && <span className="pr-3 text-small text-quiet tabular">{trail}</span>}
        {isPassword && (
          <IconButton
            small
            icon={isShown ? 'eye-off' : 'eye'}
            label={t(isShown ? 'hidePassword' : 'showPassword')}
            onPress={() => setShown(!isShown)}
            className="md:mr-0.5"
          />
        )}
      </Group>
      <FieldNotes hint={hint} error={error} />
    </AriaTextField>
  );
}

export interface TextAreaProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children' | 'type'>, Said {
  placeholder?: string;
  rows?: number;
}

/** Several lines. It grows with its text. */
export function TextArea({ label, hint, optional, error, className, placeholder, rows = 4, ...rest }: TextAreaProps) {
  return (
    <AriaTextField
      {...rest}
      isInvalid={rest.isInvalid ?? (error ? true : undefined)}
      className={cx('flex min-w-0 flex-col gap-1.5', className)}
    >
      <FieldLabel label={label} optional={optional} />
      <AriaTextArea
        dir="auto"
        rows={rows}
        placeholder={placeholder}
        className={cx('field-sizing-content resize-y px-3 py-2 text-read', BOX)}
      />
      <FieldNotes hint={hint} error={error} />
    </AriaTextField>
  );
}
