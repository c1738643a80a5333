namespace Limber.Chardev.Tests.Support;

/// <summary>Bytes in which a loss, a repetition or a swap shows.</summary>
internal static class SequenceData
{
    public static byte[] Create(int length)
    {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++)
        {
            data[i] = unchecked((byte)((i * 31) + (i >> 8)));
        }

        return data;
    }
}
