using System.Text;

namespace Limber.Servers.Hmp;

/// <summary>Reads words off a command line.</summary>
internal ref struct HmpLine(string text)
{
    private int position = 0;

    /// <summary>True when only blanks are left.</summary>
    public bool AtEnd
    {
        get
        {
            SkipBlanks();
            return position == text.Length;
        }
    }

    /// <summary>All that is left, without leading and trailing blanks.</summary>
    public string Rest()
    {
        string rest = text[position..].Trim();
        position = text.Length;
        return rest;
    }

    /// <summary>A bare word: the name of a command.</summary>
    public string Name()
    {
        SkipBlanks();
        int start = position;
        while (position < text.Length && !char.IsWhiteSpace(text[position]))
        {
            position++;
        }

        return text[start..position];
    }

    /// <summary>A word, possibly quoted with backslash escapes; null when there is none or its quote is open.</summary>
    public string? Word()
    {
        SkipBlanks();
        if (position == text.Length)
        {
            return null;
        }

        if (text[position] != '"')
        {
            return Name();
        }

        StringBuilder word = new();
        for (position++; position < text.Length; position++)
        {
            char c = text[position];
            if (c == '"')
            {
                position++;
                return word.ToString();
            }

            if (c == '\\' && ++position < text.Length)
            {
                switch (text[position])
                {
                    case 'n':
                        c = '\n';
                        break;
                    case 'r':
                        c = '\r';
                        break;
                    case '\\' or '\'' or '"':
                        c = text[position];
                        break;
                    default:
                        return null;
                }
            }

            word.Append(c);
        }

        return null;
    }

    private void SkipBlanks()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }
    }
}
