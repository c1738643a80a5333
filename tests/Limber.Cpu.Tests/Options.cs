using System.Collections.Generic;

namespace Limber.Cpu.Tests;

/// <summary>Splits an option as a command line does, without escapes; the first item may lack its key.</summary>
internal static class Options
{
    internal static List<KeyValuePair<string, string>> Split(string option)
    {
        List<KeyValuePair<string, string>> items = [];
        foreach (string item in option.Length == 0 ? [] : option.Split(','))
        {
            int equals = item.IndexOf('=');
            items.Add(equals < 0 ? new("cpus", item) : new(item[..equals], item[(equals + 1)..]));
        }

        return items;
    }
}
