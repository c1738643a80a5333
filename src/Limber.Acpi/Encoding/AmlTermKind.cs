namespace Limber.Acpi;

/// <summary>The places of the grammar that a term fits (ACPI 6.5, 20.2.5).</summary>
internal enum AmlTermKind
{
    /// <summary>Makes objects of the namespace: Device, Name, Field, ...</summary>
    Declaration,

    /// <summary>Control flow without a value: If, While, Return, ...</summary>
    Statement,

    /// <summary>Data known when the table is built: integer, string, buffer, package. The only values of a Name.</summary>
    Constant,

    /// <summary>A name string: value, target, element of a package, or the call of a method without arguments.</summary>
    Name,

    /// <summary>A value that can be stored to as well: Local, Arg, Index, DerefOf, RefOf.</summary>
    Place,

    /// <summary>A value that can only be read: operators and method calls.</summary>
    Expression,
}
