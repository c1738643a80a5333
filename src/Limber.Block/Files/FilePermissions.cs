using System;

namespace Limber.Block.Files;

/// <summary>What a user does with an image file; QEMU's <c>BLK_PERM_</c> values, since they number the bytes that are locked.</summary>
[Flags]
internal enum FilePermissions
{
    None = 0,
    ConsistentRead = 1,
    Write = 2,
    Resize = 8,
}
