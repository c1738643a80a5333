namespace Limber.DeviceOptions;

/// <summary>Names that a user gives: a letter, then letters, digits and <c>-</c>, <c>.</c>, <c>_</c>.</summary>
public static class Identifier
{
    public static bool IsValid(string id)
    {
        if (id.Length == 0 || !char.IsAsciiLetter(id[0]))
        {
            return false;
        }

        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Refuses what is none.</summary>
    /// <exception cref="OptionException">In QEMU's words.</exception>
    public static void Require(string parameter, string id)
    {
        if (!IsValid(id))
        {
            throw new OptionException($"Parameter '{parameter}' expects an identifier");
        }
    }
}
