namespace Limber.Acpi;

/// <summary>Places, stores, references and conversions.</summary>
public static partial class Aml
{
    private const int LastLocal = 7;
    private const int LastArgument = 6;

    /// <summary><c>Local0</c> to <c>Local7</c></summary>
    public static AmlTerm Local(int number)
    {
        AmlCheck.Range(number, 0, LastLocal, "The number of a Local", nameof(number));
        return new AmlBytes(AmlTermKind.Place, [(byte)((int)AmlOpcode.Local0 + number)]);
    }

    /// <summary><c>Arg0</c> to <c>Arg6</c></summary>
    public static AmlTerm Arg(int number)
    {
        AmlCheck.Range(number, 0, LastArgument, "The number of an Arg", nameof(number));
        return new AmlBytes(AmlTermKind.Place, [(byte)((int)AmlOpcode.Arg0 + number)]);
    }

    /// <summary><c>Store (source, destination)</c></summary>
    public static AmlTerm Store(AmlTerm source, AmlTerm destination) =>
        new AmlOperation(
            AmlTermKind.Expression,
            AmlOpcode.Store,
            AmlCheck.Value(source, nameof(Store), nameof(source)),
            AmlCheck.Target(destination, nameof(Store), nameof(destination)));

    /// <summary><c>RefOf (place)</c></summary>
    public static AmlTerm RefOf(AmlTerm place) =>
        new AmlOperation(AmlTermKind.Place, AmlOpcode.RefOf, AmlCheck.Target(place, nameof(RefOf), nameof(place)));

    /// <summary><c>CondRefOf (place, target)</c>: true if the object exists.</summary>
    public static AmlTerm CondRefOf(AmlTerm place, AmlTerm? target = null) =>
        new AmlOperation(
            AmlTermKind.Expression,
            AmlOpcode.CondRefOf,
            AmlCheck.Target(place, nameof(CondRefOf), nameof(place)),
            OptionalTarget(AmlOpcode.CondRefOf, target));

    /// <summary><c>DerefOf (reference)</c></summary>
    public static AmlTerm DerefOf(AmlTerm reference) =>
        new AmlOperation(AmlTermKind.Place, AmlOpcode.DerefOf, AmlCheck.Value(reference, nameof(DerefOf), nameof(reference)));

    /// <summary><c>Index (source, index, target)</c>: a reference to an element of a package, buffer or string.</summary>
    public static AmlTerm Index(AmlTerm source, AmlTerm index, AmlTerm? target = null) =>
        new AmlOperation(
            AmlTermKind.Place,
            AmlOpcode.Index,
            AmlCheck.Value(source, nameof(Index), nameof(source)),
            AmlCheck.Value(index, nameof(Index), nameof(index)),
            OptionalTarget(AmlOpcode.Index, target));

    /// <summary><c>SizeOf (place)</c>: bytes of a buffer or string, elements of a package.</summary>
    public static AmlTerm SizeOf(AmlTerm place) => OnPlace(AmlOpcode.SizeOf, place);

    /// <summary><c>Concatenate (left, right, target)</c></summary>
    public static AmlTerm Concatenate(AmlTerm left, AmlTerm right, AmlTerm? target = null) =>
        Binary(AmlOpcode.Concatenate, left, right, target);

    /// <summary><c>ToInteger (value, target)</c></summary>
    public static AmlTerm ToInteger(AmlTerm value, AmlTerm? target = null) => Unary(AmlOpcode.ToInteger, value, target);

    /// <summary><c>ToBuffer (value, target)</c></summary>
    public static AmlTerm ToBuffer(AmlTerm value, AmlTerm? target = null) => Unary(AmlOpcode.ToBuffer, value, target);

    /// <summary><c>ToHexString (value, target)</c></summary>
    public static AmlTerm ToHexString(AmlTerm value, AmlTerm? target = null) => Unary(AmlOpcode.ToHexString, value, target);

    /// <summary><c>ToDecimalString (value, target)</c></summary>
    public static AmlTerm ToDecimalString(AmlTerm value, AmlTerm? target = null) => Unary(AmlOpcode.ToDecimalString, value, target);
}
