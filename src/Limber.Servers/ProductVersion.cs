namespace Limber.Servers;

/// <summary>How the servers introduce themselves.</summary>
internal static class ProductVersion
{
    /// <summary>The QEMU release whose interfaces these are; tools choose their commands by it.</summary>
    public const string Qemu = "10.0.2";

    /// <summary>The product behind the interface.</summary>
    public const string Package = "Limber 0.1.0";
}
