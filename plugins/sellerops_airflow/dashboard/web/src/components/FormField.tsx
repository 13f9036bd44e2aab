import { Field } from "@chakra-ui/react";
import type { ReactNode } from "react";

interface FormFieldProps {
  label: string;
  help?: ReactNode;
  error?: string;
  required?: boolean;
  /** One input. */
  children: ReactNode;
}

/** An input with its label, help and error tied to it. */
export const FormField = ({ label, help, error, required, children }: FormFieldProps) => (
  <Field.Root invalid={!!error} required={required}>
    <Field.Label>
      {label}
      {required && <Field.RequiredIndicator />}
    </Field.Label>
    {children}
    {help && <Field.HelperText>{help}</Field.HelperText>}
    {error && <Field.ErrorText color="red.fg">{error}</Field.ErrorText>}
  </Field.Root>
);
