namespace Limber.DeviceOptions;

/// <summary>A property of a driver, as clients list it.</summary>
/// <param name="Name">Name.</param>
/// <param name="TypeName">C-like name of its type.</param>
/// <param name="Default">Value when it is not given; null when there is none to show.</param>
public sealed record PropertySpec(string Name, string TypeName, OptionValue? Default = null)
{
    internal static PropertySpec Text(string name) => new(name, "str");

    internal static PropertySpec Switch(string name, bool value) => new(name, "bool", OptionValue.FromBoolean(value));

    internal static PropertySpec Number(string name, string typeName, long value) => new(name, typeName, OptionValue.FromNumber(value));
}
