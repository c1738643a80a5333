namespace Limber.Block.Qcow2;

/// <summary>Numbers of the qcow2 specification (QEMU's docs/interop/qcow2.txt).</summary>
internal static class Qcow2Features
{
    public const uint Magic = 0x514649fb;
    public const ulong IncompatibleDirty = 1UL << 0;
    public const ulong IncompatibleCorrupt = 1UL << 1;
    public const ulong IncompatibleExternalData = 1UL << 2;
    public const ulong IncompatibleCompressionType = 1UL << 3;
    public const ulong IncompatibleExtendedL2 = 1UL << 4;
    public const uint ExtensionEnd = 0;
    public const uint ExtensionBackingFormat = 0xE2792ACA;
    public const uint ExtensionFeatureNames = 0x6803f857;

    // Offsets of header fields that are changed on a live image.
    public const int SizeField = 24;
    public const int L1SizeField = 36;
    public const int L1OffsetField = 40;
    public const int RefcountTableOffsetField = 48;
    public const int RefcountTableClustersField = 56;
    public const int IncompatibleField = 72;
    public const int AutoclearField = 88;
}
